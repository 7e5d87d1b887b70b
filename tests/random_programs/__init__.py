"""Random programs: made up, run on every side, and shrunk to a small one when a side is wrong.

``python -m random_programs --help`` runs many of them; the tests beside this file a few every day.
"""

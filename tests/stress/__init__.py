"""Many compiles at once, and many one after the other: what vartrack bears.

``python -m stress --help`` has the long forms; the tests beside this file run small ones every day.
"""

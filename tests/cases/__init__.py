"""Small programs after public reports, run on torch alone and with vartrack, and held against eager.

``programs`` has them, one file a kind of fact. ``registering`` is how they are written down,
``running`` runs one and judges it, ``sides`` runs all of them in a process of its own for each
configuration. By hand:

    PYTHONPATH=tests python -m cases [--side NAME ...] [--case NAME ...]
"""

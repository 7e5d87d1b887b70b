"""What torch lacks up to some release, filled in for registries that need it.

- `copying`: what `copy` calls, where torch does not trace it
- `bound_methods`: methods of literals that are called as functions
- `exceptions`: exceptions that torch raises itself, with trackers of their texts
- `own_lists`: comparing of lists of a class of their own
- `ordering`: ``<`` and the like of objects, which either operand may answer
- `iterables`: going through objects of a user's class
- `shown`: texts of dicts and ranges with numbers that vary
- `counters`: counters from outside, which compiled code advances
"""

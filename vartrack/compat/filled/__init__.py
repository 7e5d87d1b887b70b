"""What torch lacks up to some release, filled in for registries that need it.

- `copying`: what `copy` calls, where torch does not trace it
- `bound_methods`: methods of literals that are called as functions
- `counters`: counters from outside, which compiled code advances
"""

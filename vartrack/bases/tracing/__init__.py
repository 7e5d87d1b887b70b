"""The trackers behind the bases: values that are evaluated while tracing, and their parts."""

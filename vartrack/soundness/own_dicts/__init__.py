"""What the `__dict__` of objects has not, and the one check over all objects of a compile."""

"""Static or dynamic, and why: the shape policy, and everything that it looks at."""

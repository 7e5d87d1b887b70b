"""What CPython keeps of its objects, read from the memory of the process."""

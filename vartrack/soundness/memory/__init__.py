"""What CPython counts, read from the memory of the process: tags of classes and of dicts."""

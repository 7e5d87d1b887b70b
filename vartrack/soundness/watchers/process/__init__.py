"""What is kept for the whole process: settings, imported modules, tables and caches."""

"""What the command line names, and what it is called with."""

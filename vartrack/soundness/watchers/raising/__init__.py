"""What raises: errors that the program may catch, and torch does not hand to it."""

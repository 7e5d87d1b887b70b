"""What the traced code sets in a value, and what the value fills or puts away itself."""

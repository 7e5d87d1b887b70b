"""What an explanation is made of, as plain data, and from what."""

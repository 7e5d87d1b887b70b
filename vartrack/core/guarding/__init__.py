"""What guards are, and guards that torch has none for."""

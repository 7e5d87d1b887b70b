"""Functions: what they close over and are called with, methods, generators and built-in ones."""

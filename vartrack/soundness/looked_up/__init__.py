"""What was looked up on classes, and one check over all of them."""

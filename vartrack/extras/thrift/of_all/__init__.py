"""What is made of all of a container from outside, or asked of all of it."""

"""Functions of torch that say what they are asked."""

"""What comes from torch or NumPy: modules, optimizers, tensors and arrays."""

"""Values that become graph inputs: tensors, arrays, and numbers."""

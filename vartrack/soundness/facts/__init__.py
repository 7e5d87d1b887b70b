"""What a trace can rely on without a guard of torch's, a module for each sort."""

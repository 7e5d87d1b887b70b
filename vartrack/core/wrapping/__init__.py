"""What stands around functions of torch, or in their place, for a while."""

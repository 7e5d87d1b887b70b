"""What is worked out again at each call, and guarded where that is done."""

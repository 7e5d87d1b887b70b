"""What stands around torch's functions, so that trackers that are not its own are asked."""

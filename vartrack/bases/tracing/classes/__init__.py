"""What a class says, before any value of it is looked at: its methods, and whose code they are."""

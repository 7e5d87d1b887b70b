"""What a program asks of late values: the answer is guarded, and not the value."""

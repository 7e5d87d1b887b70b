"""Sources, lines of the program, values and errors, in few words."""

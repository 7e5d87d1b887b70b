"""Classes: where names are looked up on them, their members, and what is an instance of one."""

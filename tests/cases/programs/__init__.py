"""The programs, one file a kind of fact."""

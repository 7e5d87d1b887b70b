"""Sets: what others are combined with them, in which order, and past which methods."""

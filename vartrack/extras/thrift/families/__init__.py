"""The visitors and hooks of this set, a family in each module, and what a family puts in torch."""

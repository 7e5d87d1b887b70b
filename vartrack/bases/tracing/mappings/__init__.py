"""Mappings: their trackers, the views of them, and the dicts that their items are stored in."""

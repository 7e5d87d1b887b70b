"""Texts and numbers: what is written in a text, and what torch takes for the same number."""

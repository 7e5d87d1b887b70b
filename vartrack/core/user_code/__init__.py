"""Code and classes of the user's, as the trace meets them."""

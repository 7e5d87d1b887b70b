"""Objects whose methods are traced: records, opaque ones, and what is made of them."""

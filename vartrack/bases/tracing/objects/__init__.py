"""Objects whose methods are traced: records and mappings, and what is made of both."""

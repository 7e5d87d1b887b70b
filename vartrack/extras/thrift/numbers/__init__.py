"""Numbers that change, as symbols, and what torch and inductor get wrong of those."""

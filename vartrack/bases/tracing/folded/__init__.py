"""`FoldedVariable`, whose every use is evaluated while tracing, and the layers it is made of."""

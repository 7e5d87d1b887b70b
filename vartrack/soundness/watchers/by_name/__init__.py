"""Methods that are called by the name of a class: of a base, by `super()`, of an operator."""

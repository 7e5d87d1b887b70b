"""What is read of classes and values without running their code."""

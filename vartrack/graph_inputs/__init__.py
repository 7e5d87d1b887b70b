"""What becomes a placeholder of the graph."""

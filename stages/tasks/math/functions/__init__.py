"""Sets of functions for math problems; one file a set."""

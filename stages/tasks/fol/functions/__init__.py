"""What may be called to solve problems in first-order logic; one set a file."""

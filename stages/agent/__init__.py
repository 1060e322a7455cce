"""How a model calls functions: definition, parsing, execution, and the step loop."""

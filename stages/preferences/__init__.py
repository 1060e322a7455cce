"""From chains to verified preference pairs."""

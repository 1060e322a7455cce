"""Hostile text against everything that reads what a model writes; `make fuzz` runs it for as long as one likes."""

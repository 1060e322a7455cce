"""Ratios against the alternatives; `make bench` runs them and writes results.json."""

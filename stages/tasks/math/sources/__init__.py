"""Readers of published math data sets; one file a source."""

"""Chapters of the report, one module each."""

"""Readers: one module a format; files become checked tables with known columns and coordinates."""

"""Candidate sites: one module a source, and the constraints that exclude a site."""

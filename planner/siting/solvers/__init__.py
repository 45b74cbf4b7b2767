"""Solvers that the location models share; they know nothing of people or streets."""

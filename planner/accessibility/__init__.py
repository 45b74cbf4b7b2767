"""Accessibility measures: coverage, floating catchments, equity, population groups, business areas."""

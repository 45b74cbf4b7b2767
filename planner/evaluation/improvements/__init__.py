"""Improvements: the cheapest actions that make a weak facility compliant."""

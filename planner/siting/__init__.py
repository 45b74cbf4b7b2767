"""Siting of new facilities: candidates, exact location models, baselines and robustness."""

"""The tables of the study file, one module each."""

"""The tables of the study file, a module each part of the work."""

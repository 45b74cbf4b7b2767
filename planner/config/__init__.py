"""The study file: sections, defaults and validation."""

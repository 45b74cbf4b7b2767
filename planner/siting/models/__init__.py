"""Location models: one module a model."""

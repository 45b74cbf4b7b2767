"""Techniques that the models of siting share, a module each; they know nothing of people or streets."""

"""The map page and the printed map sheet."""

"""Records of the results: each field with its type and its meaning, once."""

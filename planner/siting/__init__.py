"""Where new stations go: clusters propose candidates, an exact model chooses, and both answers are shown."""

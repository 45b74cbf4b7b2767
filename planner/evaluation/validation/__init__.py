"""Independent checks of the results: overlay with service areas, walks by networkx."""

"""OpenStreetMap: extracts, servers, walkable ways, buildings, gates and squares."""

"""Isochrones: service areas as polygons that are exact up to the chords of their arcs."""

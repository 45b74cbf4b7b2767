"""Table schemas: which columns and geometries each table must have, and the checks."""

"""Vector files: one GDAL driver an ending, archives unpacked within limits."""

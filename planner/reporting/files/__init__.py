"""Writing of products: all or none, locked, and safe when a process is killed."""

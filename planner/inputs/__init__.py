"""Reading what a district has: a reader a format, checked tables out."""

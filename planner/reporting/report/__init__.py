"""The site-selection report: built once, rendered as a page and as a Word file."""

"""Spreadsheets and text tables: headings, units, columns and cells."""

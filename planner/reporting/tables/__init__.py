"""Tables of results: Excel workbook and GeoPackage."""

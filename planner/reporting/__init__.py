"""Products: plan.json, GeoPackage, tables, map and report, all made from the results."""

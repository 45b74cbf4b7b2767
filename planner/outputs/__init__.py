"""What users hold in their hands: plan.json, results.gpkg, the map and the report, all made from the plan."""

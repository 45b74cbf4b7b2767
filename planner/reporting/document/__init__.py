"""The content of plan.json, from which map, report and tables take every number."""

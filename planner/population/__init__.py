"""Population at points: disaggregation of community totals, with totals conserved."""

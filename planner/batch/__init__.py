"""Many districts in one go: a portfolio of studies, carried out by processes or by a cluster, and rolled up."""

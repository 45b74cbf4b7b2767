"""Run a portfolio of district studies by processes or on a cluster, and summarise the results by province."""

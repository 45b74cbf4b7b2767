"""The programme of works: which project is built in which year, with which fund."""

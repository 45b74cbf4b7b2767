"""Evaluation of facilities: indicators, rules, ratings, and what would improve them."""

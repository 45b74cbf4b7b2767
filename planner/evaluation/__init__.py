"""Evaluation of facilities: indicators, rules, ratings, and what would improve them."""

from __future__ import annotations

EXCELLENT, COMPLIANT, WEAK, UNDETERMINED = "excellent", "compliant", "weak", "undetermined"
RATINGS = (EXCELLENT, COMPLIANT, WEAK, UNDETERMINED)

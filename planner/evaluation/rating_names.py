"""The verdicts by name: for those who show them and need nothing of how they are found."""

EXCELLENT, COMPLIANT, WEAK, UNDETERMINED = "excellent", "compliant", "weak", "undetermined"
RATINGS = (EXCELLENT, COMPLIANT, WEAK, UNDETERMINED)

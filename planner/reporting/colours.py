"""The colours that map and report share.

They are told apart by the colour-blind: verdicts are of Okabe & Ito (2008), walking times and gaps are the two
arms of ColorBrewer's BrBG.
"""

from planner.evaluation.ratings import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK

VERDICT_COLOURS = {
    EXCELLENT: "#0072b2",
    COMPLIANT: "#56b4e9",
    WEAK: "#d55e00",
    UNDETERMINED: "#ffffff",
    "none": "#7a7a7a",
}
NEAR, FAR = "#01665e", "#c7eae5"
"""The colour of the shortest walking time, and of the longest; those between lie between."""

BEYOND = "#bf812d"
UNCOVERED = "#a6611a"
SITE = "#f0e442"
DISC = "#333333"

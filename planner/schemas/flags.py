"""Columns of yes and no."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray


def is_marked(streets: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    """Return a yes/no column as booleans, whether its file stores booleans, numbers or text."""
    words = streets[column].astype(str).str.lower()
    return np.asarray(words.isin(["true", "1", "1.0", "yes"]), dtype=bool)

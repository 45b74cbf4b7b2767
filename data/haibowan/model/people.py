"""Who lives where: 341,000 people shared among communities, then among their buildings, in whole numbers."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.ground import Home
from model.plan import SEED

Counts: TypeAlias = npt.NDArray[np.int_]

PEOPLE = 341_000
"""Residents of Haibowan at the end of 2021."""
SHARE_65 = 0.1209
"""Residents of 65 and more in the whole city of Wuhai."""

SMALL_PLACES = {"Q1": 6200, "Q2": 6900, "Q3": 6050, "Q4": 1850, "Q5": 1290, "Q6": 980, "Q7": 2180, "Q8": 1010}
"""People of the town's communities and villages; the city's communities share the rest."""
LEAST, MOST = 6_300, 11_900
"""The range of an urban community."""


def share_out(total: int, weights: npt.NDArray[np.floating], *, least: int = 0) -> Counts:
    """Divide a whole number in proportion to weights, each at least `least`: largest remainders win."""
    spare = total - least * len(weights)
    exact = spare * weights / weights.sum()
    whole: Counts = np.floor(exact).astype(int)
    winners = np.argsort(-(exact - whole), kind="stable")[: spare - int(whole.sum())]
    whole[winners] += 1
    whole += least
    return whole


def count_communities(homes: list[Home]) -> dict[str, int]:
    """Give every community its people: the city's by the floors built there, within the urban range.

    The root keeps the tall middle from taking everyone.
    """
    sizes = pd.Series([home.size for home in homes]).groupby([home.community for home in homes]).sum()
    urban = sizes.drop(list(SMALL_PLACES)).sort_index()
    total = PEOPLE - sum(SMALL_PLACES.values())
    weights = urban.to_numpy() ** 0.55
    # Clip to the range and scale again until both hold; a few rounds settle it.
    for _ in range(50):
        weights = np.clip(weights * total / weights.sum(), LEAST, MOST)
    people = share_out(total, weights)
    return {**dict(zip(urban.index, map(int, people), strict=True)), **SMALL_PLACES}


def settle(homes: list[Home]) -> pd.DataFrame:
    """Put people, households and people of 65 and more into every building."""
    rng = np.random.default_rng([SEED, 65])
    frame = pd.DataFrame([(home.community, home.size) for home in homes], columns=["community", "size"])
    frame["people"], frame["households"], frame["old"] = 0, 0, 0.0
    for community, people in sorted(count_communities(homes).items()):
        rows = frame.index[frame["community"] == community]
        size = frame.loc[rows, "size"].to_numpy()
        village = community in {"Q4", "Q5", "Q6", "Q7", "Q8"}
        size = np.clip(size, 0.5 * size.mean(), 1.8 * size.mean())
        least = 2 if village else 10
        frame.loc[rows, "people"] = inside = share_out(people, size, least=least)
        persons = rng.uniform(2.6, 2.9) if village else rng.uniform(2.45, 2.75)
        frame.loc[rows, "households"] = share_out(round(people / persons), inside - 0.9, least=1)
        # Old quarters and villages are older than the new blocks.
        rate = rng.uniform(0.16, 0.22) if village else rng.uniform(0.07, 0.17)
        frame.loc[rows, "old"] = inside * rate * rng.uniform(0.6, 1.4, len(rows))
    frame["people_65"] = share_out(round(SHARE_65 * PEOPLE), frame["old"].to_numpy())
    return frame[["community", "people", "households", "people_65"]]

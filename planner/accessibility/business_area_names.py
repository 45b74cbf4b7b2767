"""What a business circle is called: as the user says, after its most important place, or after its street."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.messages.catalogue import Phrase


@dataclass(frozen=True, slots=True)
class BusinessAreaName:
    """A circle's name, and where it comes from: "given", "place" or "street"."""

    text: Phrase | str
    source: str


def name_business_area(
    members: gpd.GeoDataFrame,
    streets: NDArray[np.object_],
    *,
    middle: int,
    given: Mapping[str, str],
) -> BusinessAreaName:
    """Name one circle.

    The user's name for any of its places; else its named place of the greatest weight, else of the highest kind of
    landmark, with the most workers among these and the lowest id among equals; else the street on which most of
    its workers work; else its place in the middle.

    Parameters
    ----------
    members
        Its places, ordered by id.
    streets
        The name of the street nearest to each, "" where it has none.
    middle
        The position of the place in its middle.
    given
        The user's names by the id of a place.
    """
    own = [given[place] for place in members["id"] if place in given]
    if own:
        return BusinessAreaName(own[0], "given")
    named = members[members["name"] != ""]
    weight = named["weight"].fillna(0.0)
    important = named[weight == weight.max()] if (weight > 0).any() else named[named["landmark"] > 0]
    if len(important):
        rank = important.assign(minus_landmark=-important["landmark"], minus_workers=-important["workers"])
        first = rank.sort_values(["minus_landmark", "minus_workers", "id"], kind="stable").iloc[0]
        return BusinessAreaName(_circle(str(first["name"])), "place")
    on_street: dict[str, float] = {}
    for street, workers in zip(streets, members["workers"], strict=True):
        if street:
            on_street[str(street)] = on_street.get(str(street), 0.0) + float(workers)
    if on_street:
        most = max(on_street.values())
        return BusinessAreaName(
            _circle(min(name for name, workers in on_street.items() if workers == most)), "street"
        )
    place = members.iloc[middle]
    return BusinessAreaName(_circle(str(place["name"] or place["id"])), "place")


def _circle(name: str) -> Phrase | str:
    return name if name.endswith("商圈") else Phrase("words.circle_of", {"name": name})

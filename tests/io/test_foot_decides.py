"""`foot` is the more special tag: what it says of a way and of a gate, whatever `access` says."""

from __future__ import annotations

import pytest

from planner.io.osm.walkable_tags import classify_walkability, is_passable, walking_obstacle

OPENS = ["yes", "designated", "permissive", "official", "destination", "customers", "permit", "delivery", "public"]
CLOSED = ["private", "no", "military"]


@pytest.mark.parametrize("foot", [*OPENS, "yes;designated", "unknown;customers"])
@pytest.mark.parametrize("access", CLOSED)
def test_foot_opens_what_access_closes(foot: str, access: str) -> None:
    way = {"highway": "service", "access": access, "foot": foot}
    assert (walking_obstacle(way), classify_walkability(way)) == ("", "everybody")
    assert is_passable({"barrier": "gate", "access": access, "foot": foot, "locked": "yes"})


@pytest.mark.parametrize("access", [None, "yes", "destination", *CLOSED])
@pytest.mark.parametrize(("foot", "who"), [("private", "private"), ("no", "nobody"), ("use_sidepath", "nobody")])
def test_foot_closes_what_access_opens(access: str | None, foot: str, who: str) -> None:
    way = {"highway": "path", "foot": foot} | ({"access": access} if access else {})
    # What nobody may enter stays closed; what is private for walkers alone is private.
    expected = "nobody" if access in {"no", "military"} else who
    assert (walking_obstacle(way), classify_walkability(way)) == ("foot", expected)
    assert not is_passable({**way, "barrier": "gate"})


@pytest.mark.parametrize(
    "access", ["destination", "customers", "permit", "delivery", "yes", "permissive", "unknown"]
)
def test_access_alone(access: str) -> None:
    assert classify_walkability({"highway": "residential", "access": access}) == "everybody"


@pytest.mark.parametrize(
    ("tags", "who"),
    [
        ({"access": "private"}, "private"),
        ({"access": "no"}, "nobody"),
        ({"access": "private", "foot": "discouraged"}, "private"),
        ({"access": "private", "motorroad": "yes"}, "nobody"),
        ({"access": "private", "tunnel": "yes"}, "nobody"),
        ({"access": "private", "highway": "motorway"}, "nobody"),
    ],
)
def test_who_walks_on_private_ways(tags: dict[str, str], who: str) -> None:
    assert classify_walkability({"highway": "service", **tags}) == who

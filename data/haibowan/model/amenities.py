"""Facilities of eight services besides the centres: kindergartens, schools, clinics, care, canteens and more."""

from dataclasses import dataclass

import numpy as np

from model.grid import Cell
from model.places import QUARTERS
from model.plan import SEED
from model.survey import Spot

KINDS: dict[str, tuple[float, float, tuple[int, int] | None]] = {
    "幼儿园": (1.8, 0.6, (120, 360)),
    "小学": (0.9, 0.3, (400, 1200)),
    "卫生服务站": (1.5, 1.0, None),
    "日间照料站": (1.2, 0.3, (15, 45)),
    "社区食堂": (1.0, 0.3, (30, 120)),
    "文化活动站": (1.3, 0.8, None),
    "健身场地": (2.2, 1.0, None),
    "菜市场": (0.9, 0.3, None),
}
"""Facilities of a kind, on average a community and a village, and the range of its places where it has any."""

CLOSED = {("社区食堂", 2), ("日间照料站", 5)}
"""The third canteen and the sixth day-care station are closed."""
ROADSIDE_M = 24.0
"""From the middle of the street to the door."""


@dataclass(frozen=True, slots=True)
class Amenity:
    """One facility of a service, in plan metres."""

    name: str
    kind: str
    places: float | None
    is_open: str
    place: Spot


def open_amenities(names: dict[str, str], cells: list[Cell], mains: dict[str, list[Spot]]) -> list[Amenity]:
    """Open the facilities of every kind, community by community; `names` has the communities by their token."""
    rng = np.random.default_rng([SEED, 180])
    amenities: list[Amenity] = []
    for kind, (urban, rural, sizes) in KINDS.items():
        count = 0
        for token, name in names.items():
            own = [cell for cell in cells if cell.community == token]
            for number in range(int(rng.poisson(urban if own else rural))):
                spot = stand(own, mains.get(token, []), rng)
                places = float(rng.integers(*sizes, endpoint=True)) if sizes else None
                is_open = "no" if (kind, count) in CLOSED else "yes"
                title = f"{name.removesuffix('社区')}{kind}" + (f"{number + 1}" if number else "")
                amenities.append(Amenity(title, kind, places, is_open, spot))
                count += 1
    return amenities


def stand(own: list[Cell], main: list[Spot], rng: np.random.Generator) -> Spot:
    """Stand beside a street of one of the community's blocks, or on the main lane of a village."""
    if own:
        cell = own[int(rng.integers(len(own)))]
        return cell.beside(str(rng.choice(["w", "s", "e", "n"])), float(rng.uniform(0.12, 0.88)), ROADSIDE_M)
    east, north = main[int(rng.integers(len(main)))]
    return (east + 8.0, north - 8.0)


ENTERPRISES, SOCIETIES = 294, 110
"""Non-public enterprises and social organisations of the 2019 report."""
ALONG_QUARTERS = 0.5
"""The share of them that stand along the business quarters; the others stand anywhere in the city."""
MEMBERS = (3, 28)


@dataclass(frozen=True, slots=True)
class Organisation:
    """One enterprise or social organisation, in plan metres."""

    name: str
    kind: str
    members: int
    place: Spot


def found_organisations(cells: list[Cell]) -> list[Organisation]:
    """Found the enterprises and social organisations: their numbers are the report's, all else is modelled."""
    rng = np.random.default_rng([SEED, 404])
    at = {(cell.grid, cell.row, cell.column): cell for cell in cells}
    stretches = [(quarter.grid, *stretch) for quarter in QUARTERS for stretch in quarter.stretches]
    city = [cell for cell in cells if cell.grid == "city"]
    organisations = []
    for kind, count in (("非公企业", ENTERPRISES), ("社会组织", SOCIETIES)):
        for number in range(1, count + 1):
            if rng.random() < ALONG_QUARTERS:
                grid, row, column, side, start, end = stretches[int(rng.integers(len(stretches)))]
                cell, share = at[grid, row, column], float(rng.uniform(start, end))
            else:
                cell, side = city[int(rng.integers(len(city)))], str(rng.choice(["w", "s", "e", "n"]))
                share = float(rng.uniform(0.08, 0.92))
            members = int(rng.integers(*MEMBERS, endpoint=True))
            organisations.append(
                Organisation(f"{kind}{number:03d}", kind, members, cell.beside(side, share, ROADSIDE_M))
            )
    return organisations

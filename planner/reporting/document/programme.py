"""Entries of the document on the programme: needs, resources, projects, results by year, bound and funding gap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from planner.config.sections.programme import FundSettings
from planner.programme.programme import Need, Programme, Project
from planner.programme.solve import FundingGap
from planner.results import Plan

Entry = dict[str, Any]
LonLat = Callable[[gpd.GeoDataFrame], list[tuple[float, float]]]


SUMMARY = ("people", "bound", "gap", "status", "order_status", "cost", "weak", "resolvable", "resolved")
YEAR = ("people_covered", "people_standard", "spent")
SERVICES = ("people_services", "room", "service")
"""Fields of years and projects that only studies with `[bundles]` have."""


def programme_entries(plan: Plan, lonlat: LonLat) -> Entry | None:
    """Return the programme; None where the study gives no funds.

    Parameters
    ----------
    plan
        The plan.
    lonlat
        Returns where points are, degrees.
    """
    programme, settings = plan.programme, plan.study.programme
    if programme is None:
        return None
    funds = [fund.id for fund in settings.funds]
    names = plan.inputs.communities.set_index("id")["name"]
    return {
        "years": [
            {
                "year": programme.labels[year.year],
                **{name: list(getattr(year, name)) for name in ("sites", "closed", "resolved")},
                **{name: getattr(year, name) for name in YEAR + (SERVICES[:1] if plan.bundles else ())},
            }
            for year in programme.years
        ],
        "unit": plan.study.costs.unit,
        "costs_modelled": settings.costs_modelled,
        "cost_source": settings.cost_source,
        **{name: getattr(programme, name) for name in SUMMARY},
        "not_counted": list(programme.not_counted),
        "funding_gap": _funding_gap(programme, programme.funding_gap, funds) if programme.funding_gap else None,
        "needs": [
            {
                **asdict(need),
                "community_name": names.get(need.community, ""),
                "year": None if need.year is None else programme.labels[need.year],
            }
            for need in programme.needs
        ],
        "resources": {
            "funds": [_fund(fund, programme) for fund in settings.funds],
            "sites": [
                {**asdict(site), "community_name": names.get(site.community, "")} for site in programme.sites
            ],
        },
        "projects": _projects(plan, programme, funds, lonlat),
    }


def _fund(fund: FundSettings, programme: Programme) -> Entry:
    return {
        "id": fund.id,
        "name": fund.title,
        "source": fund.source,
        "carry_over": fund.carry_over,
        "pays_for": list(fund.pays_for),
        "most_share": fund.most_share,
        "matches": fund.matches,
        "match_share": fund.match_share if fund.matches else None,
        "years": [
            {
                "year": programme.labels[year.year],
                **{name: getattr(year, name) for name in ("amount", "brought", "spent", "left")},
            }
            for year in programme.funds
            if year.fund == fund.id
        ],
    }


def _projects(plan: Plan, programme: Programme, funds: Sequence[str], lonlat: LonLat) -> list[Entry]:
    places = places_of(plan, lonlat)
    names = plan.inputs.communities.set_index("id")["name"]
    rooms = {} if plan.bundles is None else dict(plan.bundles.rooms[["id", "name"]].to_numpy())
    left_out = {"actions", *(() if plan.bundles else SERVICES)}
    return [
        {
            # The actions on a facility stand with the facility: see its remedy.
            **{name: value for name, value in asdict(project).items() if name not in left_out},
            "community_name": names.get(project.community, ""),
            "year": programme.labels[project.year],
            "paid": [
                {"fund": fund, "amount": amount}
                for fund, amount in zip(funds, project.paid, strict=True)
                if amount > 0
            ],
            **({"room_name": rooms.get(project.room, "")} if plan.bundles else {}),
            "people": project.people,
            "cost_per_person": project.cost_per_person,
            "lon": places[project.id][0],
            "lat": places[project.id][1],
        }
        for project in programme.projects
    ]


def places_of(plan: Plan, lonlat: LonLat) -> dict[str, tuple[float | None, float | None]]:
    """Return where each project is, degrees; None where it is nowhere in particular."""
    spots = spots_of(plan)
    somewhere = {ident: spot for ident, spot in spots.items() if spot is not None}
    layer = gpd.GeoDataFrame(geometry=list(somewhere.values()), crs=plan.inputs.crs)
    places: dict[str, tuple[float | None, float | None]] = dict.fromkeys(spots, (None, None))
    return places | dict(zip(somewhere, lonlat(layer), strict=True))


def spots_of(plan: Plan) -> dict[str, shapely.Point | None]:
    """Return where each project is: at its site or room, else where something is built, else at its centre.

    A branch, a move, a gate and a crossing are built at a place of their own, not where the centre stands.
    """
    at = dict(zip(plan.siting.candidates["id"], plan.siting.candidates.geometry, strict=True))
    centres = dict(zip(plan.inputs.facilities["id"], plan.inputs.facilities.geometry, strict=True))

    def spot(project: Project) -> shapely.Point | None:
        built = [change.place for change in project.actions if change.place is not None]
        own = shapely.Point(built[0]) if built else centres.get(project.centre)
        return rooms.get(project.room, at.get(project.site, own))

    bundles = None if plan.bundles is None else plan.bundles.rooms
    rooms = {} if bundles is None else dict(zip(bundles["id"], bundles.geometry, strict=True))
    return {one.id: spot(one) for one in (plan.programme.projects if plan.programme else ())}


def project_table(plan: Plan) -> gpd.GeoDataFrame:
    """Return the projects as a layer: points, empty where a project is nowhere in particular."""
    programme = plan.programme
    projects: Sequence[Project] = programme.projects if programme else ()
    funds = [fund.id for fund in plan.study.programme.funds]
    rows = [
        {
            "id": project.id,
            "option": project.option,
            "kind": project.kind,
            "title": project.title,
            "centre": project.centre,
            "site": project.site,
            "closes": ", ".join(project.closes),
            "resolves": ", ".join(project.resolves),
            "community": project.community,
            "subdistrict": project.subdistrict,
            "unit": project.unit or project.subdistrict,
            "year": programme.labels[project.year] if programme else 0,
            "cost": project.cost,
            "paid": ", ".join(
                f"{fund} {amount:.6g}" for fund, amount in zip(funds, project.paid, strict=True) if amount > 0
            ),
            "people_covered": math.nan if project.people_covered is None else project.people_covered,
            "people_standard": project.people_standard,
            "cost_per_person": project.cost_per_person,
        }
        for project in projects
    ]
    spots = spots_of(plan)
    places = [spots[one.id] for one in projects]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=places, crs=plan.inputs.crs)


def needs_table(programme: Programme) -> pd.DataFrame:
    """Return the needs as a table."""
    rows = [
        {
            **asdict(need),
            "rules": ", ".join(need.rules),
            "projects": ", ".join(need.projects),
            "year": math.nan if need.year is None else float(programme.labels[need.year]),
        }
        for need in programme.needs
    ]
    # Where nothing is wanting, the table has its columns all the same.
    return pd.DataFrame(rows, columns=[field.name for field in fields(Need)])


def funds_table(programme: Programme) -> pd.DataFrame:
    """Return the funds as a table, one row a fund and year."""
    rows = [{**asdict(fund), "year": programme.labels[fund.year]} for fund in programme.funds]
    return pd.DataFrame(rows)


def _funding_gap(programme: Programme, gap: FundingGap, funds: Sequence[str]) -> Entry:
    return {
        "total": gap.total,
        "bound": gap.bound,
        "status": gap.status,
        "extra": [
            {"fund": fund, "year": label, "amount": float(amount)}
            for fund, row in zip(funds, gap.extra.tolist(), strict=True)
            for label, amount in zip(programme.labels, row, strict=True)
            if amount > 0
        ],
    }

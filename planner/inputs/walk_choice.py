"""How fast a study walks, and how far the longest of its walks leads."""

from __future__ import annotations

from collections.abc import Sequence

from planner.config.service_profiles import service_standards
from planner.config.study import Study
from planner.messages.errors import Issue, StudyError
from planner.network.costs import WalkingCosts
from planner.network.walk import WalkingProfile, WalkSettings, walking_profiles


def choose_walk(study: Study) -> tuple[WalkSettings, WalkingProfile | None]:
    """Return the walk settings of a study, and its walking profile unless the study sets its own speed.

    Raises
    ------
    StudyError
        There is no such profile.
    """
    walking = study.walking
    if walking.speed_kmh is not None:
        return WalkSettings(walking.speed_kmh, walking.access_m), None
    profile = find_profile(study, walking.profile, setting="walking.profile")
    return WalkSettings(profile.speed_kmh, walking.access_m), profile


def find_profile(study: Study, name: str, *, setting: str) -> WalkingProfile:
    """Return a walking profile by name.

    Raises
    ------
    StudyError
        There is no such profile.
    """
    profiles = walking_profiles()
    if name not in profiles:
        values = {"path": setting, "name": name, "known": ", ".join(sorted(profiles))}
        raise StudyError(str(study.file), [Issue("unknown_profile", values)])
    return profiles[name]


def at_speed(profile: WalkingProfile, walk: WalkSettings) -> WalkSettings:
    """Return a walk at the speed of a profile."""
    return WalkSettings(profile.speed_kmh, walk.access_m)


def longest_walk_m(
    study: Study, walk: WalkSettings, costs: WalkingCosts, profiles: Sequence[WalkingProfile], horizon_min: float
) -> float:
    """Return how far a walk within the longest limit of a study can lead, metres.

    Parameters
    ----------
    study, walk, costs, profiles
        The study, its walk and its costs, and the further walking profiles that it compares.
    horizon_min
        The longest limit of the study and its rules, minutes; those of groups and services are looked up.
    """
    fastest = max((walk, *(at_speed(other, walk) for other in profiles)), key=lambda walk: walk.speed_kmh)
    limits = (limit for kind in study.demand.groups for limit in kind.minutes or ())
    longest_min = max(horizon_min, *limits, *(one.minutes for one in service_standards(study)), 0.0)
    return fastest.metres(longest_min) / costs.least_cost_factor

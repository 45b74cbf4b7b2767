"""Compare access to services with and without steps: people who lose a service, by service and community."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from planner.accessibility.services import Services


def compare_step_free(plain: Services, step_free: Services, communities: Sequence[str]) -> pd.DataFrame:
    """Compare access to services on all streets with access without steps.

    Parameters
    ----------
    plain, step_free
        Access to the same services of the same people.
    communities
        Ids, in the order of the results.

    Returns
    -------
    table
        One row a service in total (community "") and one a service and community: service, community, people,
        people_served, people_served_step_free, people_lost (within the standard only by steps), longer_min (mean
        further walk of those who reach it both ways). NaN where no facility is known.
    """
    rows = []
    for one, other in zip(plain.access, step_free.access, strict=True):
        home = one.points["community"].to_numpy(dtype=object)
        lost = one.served & ~other.served
        both = np.isfinite(one.group_min) & np.isfinite(other.group_min)
        longer = np.where(both, other.group_min, 0.0) - np.where(both, one.group_min, 0.0)
        for community in ("", *communities):
            people = one.people if community == "" else np.where(home == community, one.people, 0.0)
            walking = float(people[both].sum())
            known = np.nan if not one.service.is_known else 1.0
            rows.append(
                {
                    "service": one.id,
                    "community": community,
                    "people": float(people.sum()),
                    "people_served": known * float(people[one.served].sum()),
                    "people_served_step_free": known * float(people[other.served].sum()),
                    "people_lost": known * float(people[lost].sum()),
                    "longer_min": float((longer * people)[both].sum()) / walking if walking > 0 else np.nan,
                }
            )
    return pd.DataFrame(rows)

"""Facilities of a service: where a study names them, which rows are selected, and which of them count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.config.sections.layers import Layer
from planner.config.sections.services import ServiceSettings
from planner.config.service_profiles import ServiceStandard
from planner.config.study import Study

CLOSED, BELOW_STANDARD = "closed", "below_standard"


@dataclass(frozen=True, slots=True, eq=False)
class ServicePlaces:
    """Facilities of a service."""

    standard: ServiceStandard
    """What is asked of the service."""
    places: gpd.GeoDataFrame
    """One row a facility: id, name, capacity (NaN where not known), status ("" if it counts, else ``closed`` or
    ``below_standard``), opening_hours (in OpenStreetMap's syntax, "" where not given), geometry (points,
    metres)."""
    capacity: str = ""
    """Column of the study's facilities that states capacities; "" where none does, or they are others."""

    @property
    def is_known(self) -> bool:
        """Return False where the study gives no facility: that is not known, and not the same as none."""
        return len(self.places) > 0

    @property
    def is_own(self) -> bool:
        """Return True where they are facilities of the study itself, with their ids."""
        settings = self.standard.settings
        return settings is None or (settings.layer is None and not settings.tags)

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Return True for facilities that count, shape (places,)."""
        return np.asarray(self.places["status"] == "", dtype=np.bool_)


def layer_of_service(service: ServiceSettings) -> str:
    """Return what the layer of a service is called among the layers."""
    return f"services.{service.id}"


def service_layer(study: Study, service: ServiceSettings) -> Layer | None:
    """Return the layer of a service; by tags alone the extract of the streets; None: the study's facilities."""
    if service.layer is None and service.tags:
        return Layer(path=study.inputs.streets.path, source=study.inputs.streets.source)
    return service.layer


def service_columns(study: Study, layer: str) -> tuple[str, ...]:
    """Return the columns of a layer in which services state capacities."""
    owners = [service for service in study.services if _reads(study, service) == layer]
    return tuple(dict.fromkeys(owner.capacity for owner in owners if owner.capacity))


def _reads(study: Study, service: ServiceSettings) -> str:
    return "facilities" if service_layer(study, service) is None else layer_of_service(service)


def select_rows(table: gpd.GeoDataFrame, where: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
    """Return True for rows with one of the words in each of the columns, shape (rows,).

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"kind": ["clinic", "school ", "clinic"], "town": ["A", "A", "B"]})
    >>> select_rows(table, {"kind": ["clinic"], "town": ["A"]}).tolist()
    [True, False, False]
    """
    chosen = np.ones(len(table), dtype=np.bool_)
    for column, words in where.items():
        chosen &= table[column].map(_as_word).isin(list(words)).to_numpy()
    return chosen


def _as_word(value: object) -> str:
    """Return a cell as it is written: a blank cell makes the whole numbers of its column broken ones."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()

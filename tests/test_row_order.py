"""The order of rows in a file changes no figure: not the candidates, nor what is chosen among them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import toy

import planner
from planner.reporting.document.build import build_document
from planner.siting.candidates.clusters import _natural


def city(order: np.ndarray | None) -> dict[str, gpd.GeoDataFrame]:
    """Return the toy city with people of two digits, their rows in another order."""
    layers = toy.layers()
    rng = np.random.default_rng(5)
    layers["people"] = layers["people"].assign(people=rng.integers(1, 3000, len(layers["people"])) / 100)
    if order is not None:
        for name, layer in layers.items():
            rows = np.random.default_rng(int(order[0])).permutation(len(layer))
            layers[name] = layer.iloc[rows].reset_index(drop=True)
    return layers


@pytest.mark.parametrize("seed", [3, 8])
def test_shuffled_rows_give_the_same_sites(tmp_path: Path, seed: int) -> None:
    study = toy.STUDY.replace("sites = 1", "sites = 2").replace("candidates = 8", "candidates = 5")
    plain = build_document(planner.run(toy.write_study(tmp_path / "plain", changed=city(None), study=study)))
    mixed = build_document(
        planner.run(toy.write_study(tmp_path / "mixed", changed=city(np.array([seed])), study=study))
    )
    for content in (plain, mixed):
        assert {one["source"] for one in content["siting"]["candidates"]} == {"clusters"}
    found, other = (
        {one["id"]: one["people"] for one in content["siting"]["candidates"]} for content in (plain, mixed)
    )
    assert found == pytest.approx(other, abs=1e-4)
    for one, again in zip(plain["siting"]["proposals"], mixed["siting"]["proposals"], strict=True):
        assert [site["id"] for site in one["sites"]] == [site["id"] for site in again["sites"]]
        assert one["people_gained"] == pytest.approx(again["people_gained"], abs=1e-4)


@pytest.mark.parametrize(
    "ids", [["B9", "B10", "B100"], ["", "7", "007a", "8"], ["P0-0", "P0-100", "P100-0"], ["甲2", "甲10", "乙1"]]
)
def test_ids_have_one_order(ids: list[str]) -> None:
    mixed = [ids[place] for place in np.random.default_rng(1).permutation(len(ids))]
    assert sorted(mixed, key=_natural) == sorted(ids, key=_natural)
    assert len({_natural(one) for one in ids}) == len(ids)


def test_numbers_in_ids_are_numbers() -> None:
    assert sorted(["B10", "B9", "B100"], key=_natural) == ["B9", "B10", "B100"]
    # A superscript is no decimal, and no fault.
    assert sorted(["B²", "B1"], key=_natural) == ["B1", "B²"]

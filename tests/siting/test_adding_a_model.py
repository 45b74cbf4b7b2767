"""A siting model is added in a scratch copy of the package: how many files that takes, and that it works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import planner

MOST_FILES = 4

MODEL = '''"""The single site that serves the most people."""

from __future__ import annotations

import numpy as np

from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.problem import LocationProblem
from planner.siting.solution import Certificate, Solution
from planner.siting.solvers.deadline import Deadline


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    coverage, deadline = problem.coverage, Deadline(time_limit_s)
    served = coverage.matrix.T.astype(float) @ coverage.weight
    site = int(np.argmax(served))
    by_site = coverage.matrix[:, [site]].toarray().ravel()
    return ModelResult(
        Solution.of(
            "best_single_site",
            "most",
            [site],
            Certificate.of(float(served[site]), float(served[site])),
            before=0.0,
            deadline=deadline,
            seed=0,
            served_by=np.where(by_site, site, -1),
            weight=coverage.weight,
            reachable=np.asarray(coverage.matrix.sum(axis=1)).ravel() > 0,
        )
    )


SPEC = ModelSpec("best_single_site", _solve, "max Σᵢ aᵢ xᵢ", "textbook", needs_sites=False)
'''

TEXTS = {
    "en": ("best single site", "Which one site serves the most people?"),
    "zh": ("最佳单站", "哪一处站点服务的人最多？"),
}

USE = """
import numpy as np
from planner.commands.arguments import build_parser
from planner.config.sections.siting import SitingSettings
from planner.messages.catalogue import Texts
from planner.siting.model_spec import get_spec
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts

assert build_parser().parse_args(["site", "s.toml", "--model", "best_single_site"]).model == "best_single_site"
spec = get_spec("best_single_site")
costs = TravelCosts.from_table(np.array([[1.0, 9.0], [9.0, 2.0], [9.0, 4.0]]), np.array([5.0, 4.0, 3.0]))
nobody = np.full(3, np.nan)
problem = LocationProblem(
    "s.toml", costs, np.full(3, 5.0), nobody, np.full(3, "residents", dtype=object), SelectionConstraints(sites=1),
    np.full(2, np.nan), (), SitingSettings(), 15.0,
)
solution = spec.solve(problem, 1.0).solution
assert (solution.sites, solution.objective, solution.status) == ((1,), 7.0, "optimal")
assert solution.unservable.tolist() == []
for language in ("en", "zh"):
    texts = Texts(language)
    print(texts("models.name_best_single_site"), texts(f"models.unit_{spec.unit}"))
"""


def test_a_model_takes_few_files(tmp_path: Path) -> None:
    package = Path(planner.__file__).parent
    copy = tmp_path / "planner"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "*.ttf", "*.otf"))
    changed = {copy / "siting" / "models" / "best_single_site.py": MODEL}
    for language, (model, problem) in TEXTS.items():
        catalogue = copy / "messages" / language / "models.toml"
        lines = f'name_best_single_site = "{model}"\nobjective_best_single_site = "{problem}"\n'
        changed[catalogue] = lines + catalogue.read_text("utf-8")
    for file, text in changed.items():
        file.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env=dict(os.environ) | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("best single site")
    assert len(changed) + 1 <= MOST_FILES  # one further file describes the model: docs/method

"""Recipes of docs/scaling.md: that for Slurm runs with an `srun` for this machine, that for Kubernetes is read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import toy
from here import in_this_process

from planner.batch.run import run_many

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scaling.md").read_text("utf-8")


def block(language: str, word: str) -> str:
    """Return the block of code of a language that holds a word."""
    (found,) = (one for one in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in one)
    return str(found)


def write_program(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/bash\n{lines}\n", "utf-8")
    path.chmod(0o755)


def test_the_recipe_for_slurm_gives_what_processes_give(tmp_path: Path) -> None:
    """The script as it stands, on a scheduler and one worker of dask."""
    for code in "AB":
        toy.write_study(tmp_path / code, study=toy.STUDY.replace("Toy city", f"Toy {code}"))
    portfolio = tmp_path / "portfolio.toml"
    portfolio.write_text(
        'name = "x"\nlanguage = "en"\n[studies]\nA = "A/study.toml"\nB = "B/study.toml"\n', "utf-8"
    )
    programs = tmp_path / "bin"
    programs.mkdir()
    write_program(programs / "srun", 'while [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"')
    write_program(programs / "planner", f'exec {sys.executable} -m planner "$@" --products plan --quiet')
    write_program(programs / "dask", f'exec {sys.executable} -m dask "$@"')
    write_program(programs / "python", f'exec {sys.executable} "$@"')
    script = tmp_path / "job.sh"
    script.write_text(block("bash", "#SBATCH"), "utf-8")
    paths = os.pathsep.join([str(programs), os.environ["PATH"]])
    given = {**os.environ, "PATH": paths, "SLURM_NTASKS": "3", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["/bin/bash", str(script)],
        cwd=tmp_path,
        env=given,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with in_this_process():
        run_many(portfolio, tmp_path / "here", products=["plan"])
    for name in ("manifest.json", "districts/A/plan.json", "districts/B/plan.json"):
        assert (tmp_path / "maps" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_the_recipe_for_kubernetes_is_well_formed() -> None:
    yaml: Any = import_module("yaml")
    found = yaml.safe_load(block("yaml", "DaskCluster"))
    assert (found["apiVersion"], found["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    worker, scheduler = (found["spec"][name]["spec"] for name in ("worker", "scheduler"))
    for pod in (worker, scheduler):
        for container in pod["containers"]:
            assert container["image"] == worker["containers"][0]["image"]
            assert {one["name"] for one in container.get("volumeMounts", [])} <= {
                one["name"] for one in pod.get("volumes", [])
            }
    ports = {one["name"]: one["port"] for one in found["spec"]["scheduler"]["service"]["ports"]}
    address = re.search(r"--scheduler tcp://([a-z-]+):(\d+)", PAGE)
    assert address is not None
    assert address[1] == f"{found['metadata']['name']}-scheduler"
    assert int(address[2]) == ports["tcp-comm"]
    assert found["spec"]["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == found["metadata"]["name"]

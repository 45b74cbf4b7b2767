# Every target does the set-up that it needs in its own .venv. On Windows use the pip commands in the README.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

.PHONY: help demo test check lint types layers screenshots clean

help:
	@echo "make demo    carry out the Haibowan study; prints where the map and the report are"
	@echo "make test    run all tests"
	@echo "make check   lint, types, layers and all tests: what CI runs"

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/planner warm
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

demo: .venv/installed
	$(BIN)/planner run data/haibowan/study.toml --out maps/haibowan

test: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: lint types layers test

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/installed-dev
	$(BIN)/mypy

layers: .venv/installed-dev
	$(BIN)/lint-imports

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

screenshots: .venv/installed-dev demo
	$(BIN)/python docs/make_screenshots.py

# Every target does the set-up that it needs in its own .venv. On Windows use the pip commands in the README.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

MINUTES ?= 10
ONLY ?=
N ?= 2000
SEED ?= 7
OUT ?= maps/frozen
AGAINST ?=
SCRIPTS := planner/reporting/map/js
PIP := -m pip install --quiet --constraint constraints.txt

.PHONY: help demo wheel test fast check lint types layers page page-checked docs data hooks freeze explore explore-inputs mutants newest lowest lock screenshots clean

help:
	@echo "make demo    run the Haibowan study; prints where the map and the report are"
	@echo "make wheel   build the package, install it in a fresh environment and run the demonstration outside this folder"
	@echo "make test    run all tests"
	@echo "make fast    unit tests and laws with few examples, for the inner loop"
	@echo "make docs    build the documentation site in build/site"
	@echo "make data    write docs/data.md from the descriptions in the code"
	@echo "make hooks   install the pre-commit hooks"
	@echo "make page    lint, types and tests of the map page's modules; needs Node.js with npm"
	@echo "make check   lint, types, layers, page and all tests: what CI runs"
	@echo "make explore try the laws on new cases for MINUTES=10; prints those that break one"
	@echo "make mutants change the central modules line by line (ONLY=part of a name); prints the changes that no test notices"
	@echo "make explore-inputs reads N=2000 damaged files of every format (SEED=7); prints those not refused in words"
	@echo "make freeze  keep the products of five studies in OUT=folder; with AGAINST=earlier folder, list what differs"
	@echo "make newest  run the laws with the newest versions of all libraries, in an environment of their own"
	@echo "make lowest  the same with the lowest versions that pyproject.toml allows"

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) --editable .
	$(BIN)/planner compile
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python $(PIP) --editable ".[dev]"
	touch $@

demo: .venv/installed
	$(BIN)/planner run data/haibowan/study.toml --out maps/haibowan

wheel:
	$(PYTHON) tests/installed_wheel.py

test: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations=25

fast: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "(unit or law) and not slow" --hypothesis-profile quick

check: lint types layers page test

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/installed-dev
	$(BIN)/mypy

layers: .venv/installed-dev
	$(BIN)/lint-imports

page:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory page-checked; \
	elif [ -n "$$CI" ]; then echo "CI needs Node.js: apt-get install npm"; exit 1; \
	else echo "make page: skipped, no npm here (apt-get install npm)"; fi

page-checked: $(SCRIPTS)/node_modules/installed
	npm --prefix $(SCRIPTS) run --silent check
	node --test tests/reporting/page/*.test.mjs

$(SCRIPTS)/node_modules/installed: $(SCRIPTS)/package-lock.json
	npm --prefix $(SCRIPTS) ci --silent --no-audit --no-fund
	touch $@

docs: .venv/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

data: .venv/installed-dev
	$(BIN)/python docs/make_data.py

hooks: .venv/installed-dev
	$(BIN)/pre-commit install

freeze: .venv/installed-dev
	$(BIN)/python tests/explore/freeze_products.py $(OUT) $(if $(AGAINST),--against $(AGAINST))

explore-inputs: .venv/installed-dev
	$(BIN)/python tests/explore/damaged_inputs.py $(N) $(SEED)

explore: .venv/installed-dev
	$(BIN)/python tests/explore/new_cases.py --minutes $(MINUTES)

# The modules and their tests are listed in pyproject.toml, [tool.mutmut].
mutants: .venv/installed-dev
	$(BIN)/python -m pip install --quiet "mutmut>=3.8,<4"
	$(BIN)/python -m mutmut run --max-children $(WORKERS) $(if $(ONLY),"*$(ONLY)*")
	$(BIN)/python -m mutmut results

# A compiled engine belongs to its numba: each of these environments keeps its own.
LAWS := tests/laws tests/siting/test_models.py tests/programme/test_solve.py tests/io/test_tables_read.py

newest:
	$(PYTHON) -m venv --clear .venv-newest
	.venv-newest/bin/python -m pip install --quiet --editable ".[dev]"
	NUMBA_CACHE_DIR=.venv-newest/compiled .venv-newest/bin/python -m pytest -n $(WORKERS) --dist worksteal $(LAWS)

lowest:
	$(PYTHON) -m venv --clear .venv-lowest
	$(PYTHON) docs/lowest.py .venv-lowest/constraints.txt
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/constraints.txt --editable ".[test]"
	NUMBA_CACHE_DIR=.venv-lowest/compiled .venv-lowest/bin/python -m pytest -n $(WORKERS) --dist worksteal $(LAWS)

lock:
	$(PYTHON) docs/lock.py

clean:
	rm -rf .venv .venv-newest .venv-lowest $(SCRIPTS)/node_modules mutants build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

screenshots: .venv/installed-dev demo
	$(BIN)/python docs/make_screenshots.py

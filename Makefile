.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
# Test processes share the processors: threads that wait must not spin.
export OMP_WAIT_POLICY := passive
# Containers often turn bytecode off; every process of a test would compile all sources again.
unexport PYTHONDONTWRITEBYTECODE
# A file's tests share what they set up. Whole runs come first, and many small files make both ends meet.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/installed  ## create .venv with the pinned versions, bytecode and slow kernels compiled

setup-dev: .venv/installed-dev  ## the same with torch and the tools for tests

run: .venv/installed  ## run the main experiment on bundled real data
	$(BIN)/python -m runner +experiment=sp500_volatility

test: .venv/installed-dev  ## lint, types, layers and the default tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	@# One process reads the types for long: beside the tests, and its words come after theirs.
	@words=$$(mktemp); $(BIN)/mypy >$$words 2>&1 & types=$$!; \
	$(BIN)/pytest $(PARALLEL) -m "not slow and not gpu"; tests=$$?; \
	wait $$types; types=$$?; echo "$(BIN)/mypy"; cat $$words; rm $$words; exit $$((tests + types))

test-slow: .venv/installed-dev  ## the tests that take minutes
	$(BIN)/pytest $(PARALLEL) -m "slow and not gpu"

test-lowest: .venv/installed  ## by hand: the unit tests on the lowest versions that pyproject.toml allows
	$(PYTHON) -m venv --clear .venv-lowest
	$(BIN)/python tools/lowest.py > .venv-lowest/constraints.txt
	PIP_CONSTRAINT=.venv-lowest/constraints.txt .venv-lowest/bin/python -m pip install --quiet --editable ".[dev]"
	.venv-lowest/bin/pytest $(PARALLEL) -m "not slow and not gpu" tests/unit tests/conformance tests/oracles

coverage: .venv/installed-dev  ## by hand: branch coverage of the unit tests, kernels excluded; fails under 90 %
	$(BIN)/coverage run -m pytest -q -m "not slow and not gpu" tests/unit tests/conformance tests/oracles
	$(BIN)/coverage report

bench: .venv/installed-dev  ## by hand, on an idle machine: benchmarks beside the recorded ones; fails if a ratio got worse
	$(BIN)/python tools/bench.py

format: .venv/installed-dev  ## rewrite the sources in house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/installed  ## regenerate the numbers and tables of README and experiments/ from run manifests
	$(BIN)/python tools/runs.py
	$(BIN)/python tools/docs.py

clean:  ## remove outputs and caches, keep .venv
	rm -rf outputs .pytest_cache .ruff_cache .mypy_cache .hypothesis

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Assay needs Python 3.11.5 or later; $(PYTHON) is not installed" >&2; exit 1; }
	@$(PYTHON) tools/preflight.py
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	$(BIN)/python -m compileall -q .venv/lib src >/dev/null || true
	$(BIN)/python -c "from components.expressions.kernels import stream_kernels; stream_kernels()"
	$(BIN)/python -c "from components.accounts.account import loop; loop()"
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	$(BIN)/python -m compileall -q .venv/lib src >/dev/null || true
	touch $@

.PHONY: help setup setup-dev run test test-slow test-lowest coverage bench format docs clean

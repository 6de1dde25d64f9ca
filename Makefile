# What a newcomer and a developer type. README.md says the same two commands without make.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --only-binary :all: --require-hashes
DEMO ?=

.PHONY: demo test nightly check format lint types system lock clean

demo: $(VENV)/core.stamp
	@$(PY) -m mailbot demo $(DEMO)

test: $(VENV)/dev.stamp
	@$(PY) -m pytest -m "not system"

# The fault plan at its full size (docs/faults.md): hours of one core. A part of it: FAULTS="--share 0.1"
FAULTS ?=
nightly: $(VENV)/dev.stamp
	@$(PY) -m pytest --tier N $(FAULTS) tests/faults
	@$(PY) -m tests.faults.hostile --full

# Every step runs and says how it ended; one failure fails the whole.
check: $(VENV)/dev.stamp
	@failed=0; for step in format lint types test; do \
	  $(MAKE) --no-print-directory $$step; code=$$?; \
	  echo "check: $$step exited $$code"; [ $$code -eq 0 ] || failed=1; \
	done; exit $$failed

format: $(VENV)/dev.stamp
	@$(PY) -m ruff format --check mailbot tests

lint: $(VENV)/dev.stamp
	@$(PY) -m ruff check mailbot tests

types: $(VENV)/dev.stamp
	@$(PY) -m mypy

# Against real programs: postfix, dovecot and chromium, from the system's packages.
system: $(VENV)/e2e.stamp
	@$(PY) -m pytest -m system tests/system

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "mailbot needs Python 3.11 or newer; this is %d.%d. Name another one with: make PYTHON=python3.12" % v[:2])'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: requirements/core.txt | $(VENV)/bin/python
	@echo "Installing what mailbot needs into $(VENV) (about 25 MB, every file checked by its hash) ..."
	@$(PIP) -r requirements/core.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) -q -r requirements/dev.txt
	@touch $@

$(VENV)/e2e.stamp: requirements/e2e.txt | $(VENV)/bin/python
	@echo "Installing what the system tests need into $(VENV) ..."
	@$(PIP) -q -r requirements/e2e.txt
	@touch $@

# Locks hold names, versions and hashes only; uv comes and goes with a throw-away environment.
LOCK := compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --only-binary :all: --no-header --no-annotate --no-emit-index-url --quiet
lock:
	@$(PYTHON) -m venv var/lock && var/lock/bin/python -m pip install -q uv
	@var/lock/bin/uv pip $(LOCK) -o requirements/core.txt
	@var/lock/bin/uv pip $(LOCK) --group dev -c requirements/core.txt -o requirements/dev.txt
	@var/lock/bin/uv pip $(LOCK) --group dev --group e2e -c requirements/dev.txt -o requirements/e2e.txt
	@rm -rf var/lock

clean:
	@rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis

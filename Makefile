# The few verbs of this repository. `make demo` and `make test` need Python 3.11 or newer (with venv), make
# and a package index, and do all their set-up themselves.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
HOME_OF_DEMO := .fieldguide-demo
# two tests at a time; make test ARGS="tests/program -k fingerprint" runs some, one after the other
ARGS   ?= -n 2 --dist worksteal

.PHONY: help setup demo test check bench docs clean

help:
	@echo "make demo    the whole way on real data, in a minute or two"
	@echo "make test    every test"
	@echo "make check   lint, format, types and the rules of the house"
	@echo "make bench   the measured figures, as ratios"
	@echo "make docs    write docs/reference from the code"
	@echo "make clean   remove what these commands made"

setup: $(READY)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is older: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv: install it (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

demo: $(READY)
	@rm -rf $(HOME_OF_DEMO)
	@$(BIN)/fieldguide demo --home $(HOME_OF_DEMO)

test: $(READY)
	@$(BIN)/python -m pytest $(ARGS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy docs/generate.py
	@$(BIN)/python -m pytest tests/house

bench: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	@for script in bench/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(READY)
	@$(BIN)/python docs/generate.py

clean:
	@rm -rf $(VENV) $(HOME_OF_DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Two commands do everything on a machine with Python 3.11+ and make:
#   make lab    installs into .venv and opens the app on the built-in lab
#   make test   installs and runs the tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LOWEST := $(VENV)-lowest
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# The tests start mailpath some two hundred times: where nothing compiled is kept, each start compiles it anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help lab test check lowest interop plans bench benchapp benchsurvey mutants hangups docs site screenshots tour dist pyz binary deb lock clean
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

lab: $(VENV)/.installed ## install, and open the app on the built-in mini-internet
	$(BIN)/mailpath lab

# Three processes on two cores: a third of the tests' time is waiting for deadlines.  Whoever is done takes from
# the others what they have not begun.
test: $(VENV)/.installed-dev ## install, and run the tests (about two minutes)
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not interop and not exhaustive" $(ARGS)

check: $(VENV)/.installed-dev ## ruff, types, import contracts, generated pages, lessons; the tests with the lowest versions declared
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/schema.py --check
	$(BIN)/python scripts/docs.py --check
	$(BIN)/python scripts/reaches.py --check
	$(BIN)/python scripts/manpages.py --check
	$(BIN)/python scripts/plans.py --check
	$(BIN)/mailpath lesson check
	$(MAKE) --no-print-directory lowest

lowest: $(LOWEST)/.installed-dev ## the tests with the lowest versions that pyproject.toml allows
	$(LOWEST)/bin/python -m pytest -n 3 --dist worksteal -q -m "not interop and not exhaustive and not tmux and not snapshot" -p no:cacheprovider $(ARGS)

interop: ## held against real servers in network namespaces (root on Debian 12; installs them, starts none)
	@sh tests/interop/install $(VENV) check
	@$(MAKE) --no-print-directory $(VENV)/.installed-interop
	sh tests/interop/install $(VENV)
	$(BIN)/python -m pytest -m "interop or exhaustive" $(ARGS) tests

bench: $(VENV)/.installed-dev ## round trips by shape, CPU beside checkdmarc: docs/performance.md (ARGS="--before DIR")
	$(BIN)/python scripts/bench.py --write $(ARGS)

docs: $(VENV)/.installed-dev ## docs/*.md from the catalogue, the judge and the lab
	$(BIN)/python scripts/docs.py

site: $(VENV)/.installed-site ## site/: the manual as a site, readable from the folder; a dead link fails
	$(BIN)/zensical build --clean --strict

plans: $(VENV)/.installed-dev ## the table of docs/plans.md: plans for the lab's scenarios, proven (half a minute)
	$(BIN)/python scripts/plans.py $(ARGS)

benchapp: $(VENV)/.installed-dev ## first paint, posture change and memory of the app
	$(BIN)/python scripts/bench_app.py

benchsurvey: $(VENV)/.installed-dev ## a survey: how fast lists are read, what walks cost (ARGS=lists)
	$(BIN)/python scripts/bench_survey.py $(ARGS)

mutants: $(VENV)/.installed-dev ## do the tests notice when judge, match or dnssec are changed? (a sample; half an hour)
	$(BIN)/python scripts/mutants.py $(ARGS)

hangups: $(VENV)/.installed-dev ## the app is gone when its terminal is, at 60 moments and five ways
	$(BIN)/python scripts/hangups.py $(ARGS)

screenshots: $(VENV)/.installed-dev ## screenshots/*.svg and *.png from the lab (PNG: needs rsvg-convert or chromium)
	$(BIN)/python scripts/screenshots.py

tour: $(VENV)/.installed-dev ## screenshots/tour.svg and tour.cast: the app in use, as moving pictures
	$(BIN)/python scripts/tour.py

dist: $(VENV)/.installed-dev ## dist/: sdist and wheel, the same byte for byte twice
	$(BIN)/python scripts/dist/wheels.py

pyz: $(VENV)/.installed-dev ## dist/mailpath.pyz: one zip application for Python 3.11 to 3.13
	$(BIN)/python scripts/dist/pyz.py

binary: $(VENV)/.installed-dev ## dist/mailpath: one executable with Python inside
	$(BIN)/python scripts/dist/binary.py

deb: $(VENV)/.installed-dev ## dist/*.deb: a Debian package with its own virtual environment in /opt
	$(BIN)/python scripts/dist/deb.py

lock: $(VENV)/.installed-dev ## choose the versions that dist/mailpath.pyz, dist/mailpath and dist/*.deb carry anew
	$(BIN)/python scripts/dist/wheels.py --lock

clean: ## remove the virtual environments, what was built and caches
	rm -rf $(VENV) $(VENV)-bench $(LOWEST) dist site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mailpath needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing: install it (Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade "pip>=25.1"

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e . --group test --group check
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-site: $(VENV)/.installed-dev
	$(BIN)/python -m pip install -q --group site
	@touch $@

$(VENV)/.installed-interop: $(VENV)/.installed-site
	$(BIN)/python -m pip install -q -e '.[parquet,ray]' --group interop
	@touch $@

$(LOWEST)/.installed-dev: pyproject.toml $(VENV)/.installed-dev
	$(BIN)/python -m venv --clear $(LOWEST)
	$(BIN)/uv pip install -q --python $(LOWEST)/bin/python --resolution lowest-direct -e . --group test
	@touch $@

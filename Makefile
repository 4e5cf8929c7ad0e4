# `make help` lists the targets. Needs GNU make and Python 3.11 or later; a C compiler for eflomal.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# eflomal is built from source; without a C compiler the weaker aligner takes its place.
ALIGNER := $(shell command -v cc || command -v gcc || command -v clang)
# Compiled afterwards, on all cores: pip would use one.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DVC_NO_ANALYTICS := 1
export NO_MKDOCS_2_WARNING := 1
# Stages and tests are short processes, which start faster from compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install repro test test-slow test-browser test-label-studio lint types docs format bench constraints clean

comma := ,
EXTRAS := dev$(if $(ALIGNER),$(comma)eflomal)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

install: $(STAMP) ## create .venv with everything, at the versions of constraints.txt

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) torch==2.13.0
	$(INSTALL) --editable '.[$(EXTRAS)]'
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true # some test data is no Python
	@touch $@

repro: $(STAMP) ## run the demo: train an MT model, translate, project, filter, build, train, evaluate
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dvc repro
	@$(BIN)/labelproj results

test: $(STAMP) lint types ## lint, check types, run the fast tests, build the documentation
	$(BIN)/python -m mkdocs build --strict --quiet --site-dir $(VENV)/site
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

test-slow: $(STAMP) ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-browser: $(STAMP) ## open the report in Chromium and use it
	$(BIN)/python -m pytest -m browser

# Label Studio wants other versions of much that we use: it gets an environment of its own.
LABEL_STUDIO := $(VENV)/label-studio
test-label-studio: $(STAMP) ## install and start Label Studio, and review in it (needs Chromium)
	test -x $(LABEL_STUDIO)/bin/label-studio || { $(PYTHON) -m venv $(LABEL_STUDIO) && \
	  $(LABEL_STUDIO)/bin/python -m pip install --quiet label-studio==1.23.2; }
	LABEL_STUDIO=$(CURDIR)/$(LABEL_STUDIO)/bin/label-studio $(BIN)/python -m pytest -m label_studio

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP) ## write the CLI reference again and serve the documentation
	$(BIN)/python docs/make_cli.py
	$(BIN)/mkdocs serve

constraints: ## write constraints.txt again: the newest versions that pyproject.toml allows
	rm -rf $(VENV)/fresh
	$(PYTHON) -m venv $(VENV)/fresh
	$(VENV)/fresh/bin/python -m pip install --quiet --constraint constraints.in torch==2.13.0
	$(VENV)/fresh/bin/python -m pip install --quiet --constraint constraints.in '.[dev,eflomal,stanza]'
	$(VENV)/fresh/bin/python -m pip freeze --exclude labelproj | sed -E 's/\+cpu$$//' >constraints.txt
	rm -rf $(VENV)/fresh

clean: ## remove the environment and all results
	rm -rf $(VENV) outputs .labelproj dvc.lock

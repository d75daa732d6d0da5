# Every target sets itself up: `make demo` and `make test` are all a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench chaos proof eval-knowledge eval-trust access replay schemas containers clean
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
RUN := $(VENV)/bin
ARGS ?=

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready: uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Answerable needs Python 3.11 or newer; set PYTHON=/path/to/python3")'
	@test -x $(RUN)/uv || { $(PYTHON) -m venv $(VENV) && $(RUN)/pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; }
	@VIRTUAL_ENV=$(VENV) UV_NO_PROGRESS=1 $(RUN)/uv sync --frozen --active --quiet
	@touch $@

setup: $(VENV)/.ready  ## Create .venv and install everything from uv.lock

demo: setup  ## Ingest the demo corpus, ask, explain, verify: no Docker, no JVM, no network
	@$(RUN)/answerable demo $(ARGS)

test: setup  ## Run the tests on the best servers this machine has
	@$(RUN)/pytest tests/unit tests/contract tests/integration tests/e2e $(ARGS)

check: setup  ## Lint, types, layers, schemas
	@$(RUN)/ruff check . && $(RUN)/ruff format --check . && $(RUN)/mypy libs services tests && $(RUN)/lint-imports && $(RUN)/python -m answerable_events.generate schemas --check && $(RUN)/python -m answerable_events.compatibility schemas

bench: setup  ## Measure and write build/bench.json
	@$(RUN)/python -m tests.bench $(ARGS)

chaos: setup  ## Kill things while questions run; write build/chaos.json
	@$(RUN)/python -m tests.chaos $(ARGS)

proof: setup  ## Falsify, crash and erase what is recorded; write build/proof.json
	@$(RUN)/python -m tests.proof $(ARGS)

eval-knowledge: setup  ## Measure how well documents are read and found; write build/eval-knowledge.json
	@$(RUN)/python -m tests.eval $(ARGS)

eval-trust: setup  ## Measure how well answers are judged; write build/eval-trust.json
	@$(RUN)/python -m tests.eval.trust $(ARGS)

access: setup  ## Try on random organisations that nobody gets what they may not read; write build/access.json
	@$(RUN)/python -m tests.access $(ARGS)

replay: setup  ## Search again after changes, compaction and restart; write build/replay.json
	@$(RUN)/python -m tests.replay $(ARGS)

schemas: setup  ## Regenerate schemas/ from the event models
	@$(RUN)/python -m answerable_events.generate schemas

containers: setup  ## Build the image and try the stack in containers (needs Docker)
	@$(RUN)/python -m tests.containers $(ARGS)

clean:  ## Remove what was built (not .venv)
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

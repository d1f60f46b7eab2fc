# The interface of the project: every command of the README is a target here.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help replay check check-long format lint types test

help:  ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

replay: $(STAMP)  ## replay the samples through the lab's detection as deployed, and the corrected one
	$(BIN)/detector replay samples --detection lab/unauthorized-api-calls-as-deployed --detection lab/unauthorized-api-calls

check: lint types test  ## formatter, linter, types, tests

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

test: $(STAMP)
	$(BIN)/pytest -n 2 -m "not slow" --cov --cov-report=term

check-long: check  ## the slow proofs too
	$(BIN)/pytest -n 2 -m slow

format: $(STAMP)  ## rewrite the code as the formatter wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

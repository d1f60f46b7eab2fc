# The interface of the project: every command of the README is a target here.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

.DEFAULT_GOAL := help
# Where bytecode is not kept, each of some hundred processes of the tests compiles the whole package.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: help replay check check-browser check-spark check-long format lint types test bench bench-full check-lowest check-pythons check-release coverage docs fuzz

help:  ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml requirements-dev.lock hatch_build.py detector/native.h detector/scan/_native.c detector/metrics/_evidence.c
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

replay: $(STAMP)  ## replay the samples through the lab's detection as deployed, and the corrected one
	$(BIN)/detector replay samples --detection lab/unauthorized-api-calls-as-deployed --detection lab/unauthorized-api-calls

check: lint types test  ## formatter, linter, types, tests

lint: $(STAMP)  ## formatter and linter
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy

test: $(STAMP)  ## the tests but the slow ones
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not browser"

check-browser: $(STAMP)  ## the pages in Chromium; skipped with a sentence where there is none
	$(BIN)/pytest -m browser

check-spark: $(STAMP)  ## a Spark cluster of processes: installs 500 MB of Spark, and needs Java 17
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pyspark
	$(BIN)/pytest -n 0 -m slow tests/test_spark.py

coverage: $(STAMP)  ## the tests again, with more examples each and with branch coverage
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n 2 -m "not slow" --cov --cov-report=term

check-long: check coverage check-release  ## the slow proofs too
	$(BIN)/pytest -n 2 -m slow

check-release: $(STAMP)  ## build the sdist and the wheel, install each into a clean environment, try the hook
	$(BIN)/python tools/check_release.py

docs: $(STAMP)  ## the site of the documentation, in build/site; a warning or a dead link is an error
	$(BIN)/sphinx-build -c docs -d build/doctrees -b html -n -W --keep-going -q . build/site

format: $(STAMP)  ## rewrite the code as the formatter wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv-bench/.ready: benchmarks/requirements.lock
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

bench: $(STAMP) .venv-bench/.ready  ## about five minutes: exactness, then everybody over 450 MB in three rounds
	$(BIN)/python benchmarks/corpus.py --awkward --megabytes 30
	$(BIN)/python benchmarks/exact.py benchmarks/.cache/awkward-30-1
	$(BIN)/python benchmarks/run.py --megabytes 450 --rounds 3

bench-full: $(STAMP) .venv-bench/.ready  ## about forty minutes: every figure of the pages over 1.5 GB in five rounds, parts, growth, verbs
	$(BIN)/python benchmarks/corpus.py --awkward --megabytes 30
	$(BIN)/python benchmarks/exact.py benchmarks/.cache/awkward-30-1
	$(BIN)/python benchmarks/run.py --rounds 5 --write
	$(BIN)/python benchmarks/parts.py --rounds 5 --write

FUZZ_SECONDS ?= 600
fuzz: $(STAMP)  ## fuzz the native part under sanitizers, patterns, detections, archives: FUZZ_SECONDS=600 in total
	$(BIN)/python fuzz/fuzz.py --seconds $(FUZZ_SECONDS)

check-pythons:  ## the tests with each Python from 3.11 to 3.14 that is on PATH, and which are missing
	$(PYTHON) tools/check_pythons.py

check-lowest: $(STAMP)  ## the tests with the oldest dependencies that pyproject.toml allows
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --editable .
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --group dev
	.venv-lowest/bin/python -m pytest -n 2 -m "not slow" -p no:cacheprovider

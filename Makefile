# Each verb sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
# DVC runs each cmd with the PATH it was given: `python` there is the environment's.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: repro test check bench mutants llama fuzz

repro: $(BIN)/.installed  ## build everything that is out of date
	dvc repro

test: check  ## what `.ci/run` runs, after `llama`
	pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(BIN)/.installed  ## style and types
	ruff check
	ruff format --check
	mypy

bench: $(BIN)/.installed  ## ratios against the alternatives
	python -m tests.benchmarks

mutants: $(BIN)/.installed  ## every edit of the code: what is rebuilt, and what really changes
	python -m tests.lineage.mutation

llama: $(BIN)/.installed  ## the optional teacher that runs GGUFs in-process; compiled here, minutes on two cores
	CMAKE_ARGS="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE=$(CURDIR)/requirements-llama.cmake $(CMAKE_ARGS)" \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-llama.lock

fuzz: $(BIN)/.installed  ## a million hostile texts against all that reads what a model writes
	python -m tests.fuzz

$(BIN)/.installed: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	touch $@

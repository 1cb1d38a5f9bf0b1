# One word per job. `make help` lists them; each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
FAULTS_KILLS ?= 200
FUZZ_INPUTS ?= 1000000
# Telemetry of every dependency is off.
export DO_NOT_TRACK := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false
export DVC_NO_ANALYTICS := true
# Compiling Great Expectations, MLflow and the rest anew in every process would cost 5 to 10 s each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench faults fuzz up down clean lock

help: ## list the jobs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/installed ## the whole job on simulated exports, end to end
	@$(BIN)/dnsanom demo

test: .venv/installed ## all tests
	@$(BIN)/pytest -n 2 --dist loadfile

lint: .venv/installed ## ruff and mypy strict
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/installed ## ratios against named peers, side by side in one run
	@$(BIN)/python -m benchmarks

faults: .venv/installed ## kill 200 pulls at random points, then compare the lake with the truth row for row
	@$(BIN)/python -m tests.faults --kills $(FAULTS_KILLS)

fuzz: .venv/installed ## FUZZ_INPUTS damaged exports of every format, a million unless told
	@$(BIN)/python -m tests.fuzz --inputs $(FUZZ_INPUTS)

up: .venv/installed ## start S3, MLflow, Prefect and a worker on loopback, deploy the flows
	@$(BIN)/dnsanom up

down: .venv/installed ## stop what `make up` started
	@$(BIN)/dnsanom down

clean: ## remove the environment, pulled data and server state
	@if [ -x $(BIN)/dnsanom ]; then $(BIN)/dnsanom down; fi
	rm -rf .venv data var expectations/uncommitted dnsanom.egg-info .pytest_cache .mypy_cache .ruff_cache

lock: .venv/installed ## resolve requirements.in anew into requirements.lock
	@$(BIN)/uv pip compile requirements.in -c constraints.txt --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --upgrade -q -o requirements.lock

# Made anew when it is missing or older than what it is made of.
.venv/installed: requirements.lock pyproject.toml
	@echo "setting up .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dnsanom needs Python 3.11 or newer; try make PYTHON=python3.11")'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

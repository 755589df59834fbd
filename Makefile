# Attune's menu: `make help`. Every target sets up what it needs.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.attune-installed
PROTOS := $(shell find protos -name '*.proto')
NEWER  ?= 3.12 3.13 3.14
KILLS  ?= 200
PROJECTS ?= 50

# GOAL as it was typed: a dollar or a quote in it is a character like any other, a line
# break is a space. It is not exported, since make would expand it on the way.
define NEWLINE


endef
QUOTED_GOAL = '$(subst $(NEWLINE), ,$(subst ','\'',$(value GOAL)))'
NEEDS_GOAL = $(if $(value GOAL),:,echo 'Say what for: make $@ GOAL="Create a bodybuilding training program"' >&2; exit 2)
unexport GOAL
MAKEOVERRIDES =

.DEFAULT_GOAL := help
.PHONY: help setup run plan up preprod test test-cassette test-real test-crash small-model \
  test-pythons lint format lock bench bench-journal bench-projects bench-json eval-domain eval-cost \
  eval-peers eval-prompts eval-leakage eval-incident eval-preprod clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^## / {printf "\n%s\n", substr($$0, 4)} \
	  /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Use it
run: $(STAMP) ## GOAL="...": the whole job in one command, on the mock unless variables say otherwise
	@$(NEEDS_GOAL)
	@$(BIN)/attune run -- $(QUOTED_GOAL)

plan: $(STAMP) ## GOAL="...": a team and a checked plan, and what they cost
	@$(NEEDS_GOAL)
	@$(BIN)/attune plan -- $(QUOTED_GOAL)

up: $(STAMP) ## the four services on their ports, until Ctrl-C
	@$(BIN)/attune up

preprod: $(STAMP) ## may this build go to production? On the model of OPENAI_API_KEY, else on a small one run here
	@[ -n "$$OPENAI_API_KEY" ] || $(MAKE) --no-print-directory small-model
	@$(BIN)/python tests/preprod_run.py $(ARGS)

## Work on it
setup: $(STAMP) ## .venv with everything installed from the lock file

$(STAMP): requirements.lock pyproject.toml protos/hatch_build.py $(PROTOS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Attune needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "python3-venv is missing. Install it: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV), once (about a minute) ..." >&2
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@awk '/^uv==/ {on = 1; print; next} on && /^[^ ]/ {exit} on' requirements.lock > $(VENV)/uv.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@# uv is ten times faster; pip knows proxies and mirrors that uv was not told of.
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock \
	  || $(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q $(VENV)/lib services shared
	@# The first start would make these vectors itself, in most of a minute.
	@$(BIN)/python -c 'from services.domain.settings import DomainSettings as Settings; \
	  from services.domain.shortlist import Shortlist; Shortlist.load(Settings().cache_dir)'
	@touch $@

test: $(STAMP) ## unit and integration tests, and the end-to-end scenario on the mock
	@$(BIN)/pytest -q -n auto --dist loadfile tests/unit tests/integration tests/test_production_complete_e2e.py

test-real: $(STAMP) small-model ## the same scenario on a real small model, run here
	@USE_MOCK_AI_PROVIDER=False $(BIN)/pytest -q -rA tests/test_production_complete_e2e.py tests/real

test-cassette: $(STAMP) ## the same scenario on the newest recording that a `make preprod` left
	@cassette=$$(ls -t .attune/preprod/*/cassette.jsonl 2>/dev/null | head -1); \
	if [ -z "$$cassette" ]; then echo "There is no recording yet: make preprod makes one" >&2; exit 1; fi; \
	ATTUNE_MOCK_PROFILE="replay:$$PWD/$$cassette" $(BIN)/pytest -q tests/test_production_complete_e2e.py

test-crash: $(STAMP) ## gateways killed 200 times under load, services under 50 projects, and all audited (KILLS=20 PROJECTS=5)
	@$(BIN)/python tests/crash_run.py --kills $(KILLS)
	@$(BIN)/python tests/crash_projects.py --projects $(PROJECTS)

small-model: $(STAMP)
	@$(BIN)/python -c 'import xllamacpp' 2>/dev/null || $(BIN)/uv pip install -q --python $(BIN)/python \
	  --no-deps --only-binary :all: --require-hashes -r tests/real-model.lock

test-pythons: $(STAMP) ## the unit tests on every newer Python of this machine
	@for version in $(NEWER); do \
	  python=$$(for candidate in python$$version $$HOME/.pyenv/versions/$$version*/bin/python; do \
	    "$$candidate" -c 'import ensurepip' 2>/dev/null && { echo "$$candidate"; break; }; done); \
	  if [ -z "$$python" ]; then echo "Python $$version: not on this machine"; continue; fi; \
	  echo "Python $$version:"; \
	  $(MAKE) --no-print-directory setup PYTHON="$$python" VENV=.venv-$$version || exit 1; \
	  .venv-$$version/bin/pytest -q -n auto --dist loadfile tests/unit || exit 1; \
	done

lint: $(STAMP) ## every gate: ruff, mypy, buf, import rules
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/buf lint protos
	@$(BIN)/lint-imports

format: $(STAMP) ## rewrites the code as ruff wants it
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

## Measure what it promises
eval-domain: $(STAMP) ## the field of labelled goals: right, calibrated, fast (ARGS=--errors names the wrong ones)
	@$(BIN)/python tests/eval_domain.py $(ARGS)

eval-cost: $(STAMP) ## how the cost of a project grows with its tasks: 5, 10, 20 and 40
	@$(BIN)/python tests/eval_cost.py $(ARGS)

PEERS := .venv-peers/.installed
$(PEERS): tests/peers.lock $(STAMP)
	@echo "Setting up .venv-peers, once (CrewAI; two minutes) ..." >&2
	@$(PYTHON) -m venv --clear .venv-peers
	@$(BIN)/uv pip sync -q --python .venv-peers/bin/python --require-hashes tests/peers.lock
	@touch $@

eval-peers: $(STAMP) small-model $(PEERS) ## tokens of a project beside CrewAI's, on a small model, 20 minutes (ARGS="--sizes 4")
	@$(BIN)/python tests/eval_peers.py --python .venv-peers/bin/python $(ARGS)

eval-prompts: $(STAMP) ## input tokens of each call of a plan, in ten languages (ARGS=--print shows the prompts)
	@$(BIN)/python tests/eval_prompts.py $(ARGS)

eval-leakage: $(STAMP) ## words of other fields found in labelled task sentences, and false alarms (ARGS=--errors)
	@$(BIN)/python tests/eval_leakage.py $(ARGS)

eval-incident: $(STAMP) small-model ## the incident and its cure on a real small model, 30 minutes (ARGS=--quick: 4)
	@$(BIN)/python tests/eval_incident.py $(ARGS)

eval-preprod: $(STAMP) small-model ## whether the pre-production test tells bad builds from good ones, an hour (ARGS=--quick: a minute, with the mock for a model)
	@$(BIN)/python tests/eval_preprod.py $(ARGS)

bench-journal: $(STAMP) ## what the durable journal adds to a call, and a million rows of it (ARGS=--quick)
	@$(BIN)/python tests/bench_journal.py $(ARGS)

bench-projects: $(STAMP) ## how fast projects run on the mock, what their CPU is, how soon they stop
	@$(BIN)/python tests/bench_projects.py $(ARGS)

bench-json: $(STAMP) ## the JSON parser beside others, on ATTUNE_JSON_SAMPLE's files or the own cases
	@$(BIN)/python tests/bench_json.py $(ARGS)

bench: $(STAMP) ## where the time of `make run` goes
	@$(BIN)/python tests/bench_start.py

lock: $(STAMP) ## the lock file anew from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --extra dev --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock

clean: ## everything that was made here
	rm -rf .venv .venv-* .attune .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

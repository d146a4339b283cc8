# Two commands are all that is needed on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip

.DEFAULT_GOAL := help
export XIANSOU_DATA
.PHONY: help run test soak wheel lint docs setup setup-dev lock bench eval web clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: setup ## install what is missing, start the service on 127.0.0.1:8000, load the examples on first start
	@exec $(BIN)/xiansou serve --examples examples

# In two phases: most tests in several processes, then those that measure waiting one by one; some files in one process.
export WORKERS
test: setup-dev ## the whole test suite, or some: ARGS=tests/unit; WORKERS=0 for one process
	@$(BIN)/python -m tests.support.phases $(ARGS)

soak: setup-dev ## the long fault and property runs (an hour or more)
	@$(BIN)/python -m pytest -m soak --timeout 7200 $(ARGS)

wheel: setup-dev ## build the wheel, install it in an empty environment and ask it
	@$(BIN)/python -m tests.support.wheel

# Another suite: make eval SUITE=eval/suites/scifact_en.toml XIANSOU_DATA=… (its library is kept in ./data/eval-library)
SUITE ?= eval/suites/examples.toml
eval: setup ## measure retrieval and answers on a suite; SUITE=FILE for another than the examples'
	@$(BIN)/xiansou eval run $(SUITE) --keep data/eval-library/$(basename $(notdir $(SUITE))) $(ARGS)

bench: setup ## measure the index beside its peers
	@$(BIN)/xiansou bench index

lint: setup-dev ## style, types and the floors of the house
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

docs: setup-dev ## write the reference anew from the code, then build the documentation into site/
	@$(BIN)/python -m tests.support.reference
	@$(BIN)/zensical build --strict --clean
	@$(BIN)/python -m tests.support.site site

setup: $(VENV)/.installed $(VENV)/.model ## the virtual environment and the embedding model
setup-dev: setup $(VENV)/.installed-dev

# torch goes first and by pip, so that pip's own configuration decides which build: a bare one may bring gigabytes of CUDA.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Python 3.11 to 3.13 is needed; this is " + sys.version.split()[0] + ". Try: make run PYTHON=python3.11")'
	@test -w . || { echo "no permission to write here: $(CURDIR)"; exit 2; }
	@test $$(df -Pk . | awk 'NR==2 {print $$4}') -gt 4000000 || { echo "4 GB of free disk space are needed to install"; exit 2; }
	@echo "installing into $(VENV) (once, about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0 uv==0.13.9
	@$(UV) install --quiet --no-deps --require-hashes -r requirements.lock
	@$(UV) install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m rag.runtime.bytecode
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@$(UV) install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.model: $(VENV)/.installed rag/models/prepare.py
	@echo "preparing the embedding model (once, about a minute)"
	@$(BIN)/xiansou prepare --folder $(VENV)/models
	@touch $@

# PIP_FIND_LINKS may name a folder with a CPU build of torch; without it the lock takes the CUDA packages along.
LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))
lock: $(VENV)/.installed ## write the lock files anew from requirements*.in
	@$(UV) compile -q requirements.in --generate-hashes --no-emit-package torch --no-header --no-annotate $(LINKS) -o requirements.lock
	@$(UV) compile -q requirements-dev.in --generate-hashes --no-emit-package torch --no-header --no-annotate $(LINKS) -o requirements-dev.lock

web: ## build the chat widget of its TypeScript (needs node; the built file is committed)
	@npm ci --prefix api/web --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved
	@npm run --prefix api/web check && npm run --prefix api/web build

clean: ## remove the environment (not the data)
	rm -rf $(VENV)

# Everything works on a fresh machine with python3 >= 3.11 and git: the targets make what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-vendors lint bench bench-intake bench-queue soak image clean
help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@deploy/prepare python
	@echo "installing the locked dependencies into $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/.installed ## The whole way from a ticket to a pull request, in seconds, with no account
	@deploy/prepare sandbox
	@$(BIN)/jca demo

test: $(VENV)/.installed ## Everything that must hold, under ten minutes on two cores
	@deploy/prepare sandbox browser database
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --ignore=tests/ui
	$(BIN)/python -m pytest -q tests/ui  # by themselves: Playwright keeps an event loop in the main thread

test-vendors: $(VENV)/.installed ## The same against packages of the vendors, from npm
	@deploy/prepare sandbox browser database
	JCA_TEST_VENDORS=1 $(BIN)/python -m pytest -q -m vendors

lint: $(VENV)/.installed ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed ## What it costs, as ratios against a peer or a limit measured in the same run
	@deploy/prepare sandbox
	$(BIN)/python -m tests.bench

bench-queue: $(VENV)/.installed ## The queue beside arq's own worker: starting, draining, claiming, recovering; three minutes
	@$(BIN)/python -m tests.bench.queue

bench-intake: $(VENV)/.installed ## The receiver beside Probot and beside a server that only reads; two minutes
	@$(BIN)/python -m tests.bench.intake

soak: $(VENV)/.installed ## The promises at full size; up to an hour
	@deploy/prepare sandbox database
	$(BIN)/python -m pytest -q -s -m soak

image: ## The container image
	docker build -f deploy/Dockerfile -t jca:dev .

clean: ## Remove what the targets made
	rm -rf $(VENV) artifacts .mypy_cache .ruff_cache

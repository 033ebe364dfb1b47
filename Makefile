# `make` is the gate. `make demo` and `make test` need nothing but make and Python >= 3.11.
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Tests with a browser run apart, for Playwright keeps an event loop of its own; what looks at a whole
# system with it wants the machine for itself.

.PHONY: check demo test test-all fuzz lint infra setup setup-dev setup-infra lock docs clean help

check: lint test ## The gate: format, lint, types, imports, tests

demo: setup ## Run everything: votes at 10,000/s, dashboard on http://127.0.0.1:8050 (ARGS="--rate 5000")
	@$(BIN)/cube demo $(ARGS)

test: setup-dev ## Run the tests
	$(PYTEST) -n 2 --dist loadfile -m "not slow and not processes and not browser" -q
	$(PYTEST) -n 2 --dist worksteal -m "not slow and not processes and browser" -q
	$(PYTEST) -n 2 --dist loadfile -m "not slow and processes and not browser" -q
	$(PYTEST) -m "not slow and processes and browser" -q

test-all: test infra ## Run the tests, then the slow suites
	$(PYTEST) -m "slow and not browser" -q
	$(PYTEST) -m "slow and browser" -q

fuzz: setup-dev ## Fuzz each target for a minute (FUZZ_SECONDS=60 FUZZ_TARGETS="sql copy")
	$(BIN)/python -m tests.fuzz.run --seconds $(or $(FUZZ_SECONDS),60) $(FUZZ_TARGETS)

lint: setup-dev ## Check format, lint, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

infra: setup-dev setup-infra ## Check the templates: sam, cfn-lint, checkov and rules of our own, offline
	$(BIN)/python -m infra.gates

docs: setup-dev ## Write docs/reference.md and docs/aws-coverage.md anew
	$(BIN)/python -m local.reference

setup:
	@scripts/setup local

setup-dev:
	@scripts/setup dev

setup-infra:
	@scripts/setup infra

lock: setup ## Write requirements/*.lock from pyproject.toml
	for extra in lambda local dev dashboard infra; do \
	  more=""; \
	  [ $$extra != infra ] || more="--override requirements/infra-overrides.txt"; \
	  [ $$extra != dashboard ] || more="--extra aws"; \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header --no-annotate --extra $$extra $$more pyproject.toml \
	    -o requirements/$$extra.lock -q; done

clean: ## Remove the environment and what was built (not .cube)
	rm -rf .venv .venv-infra build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

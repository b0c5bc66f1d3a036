# Python 3.11 or later, make and a package registry are all that is needed; `make help` lists the targets.
# Paths are relative throughout: the folder may have blanks in its path, and make's functions split on them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run start demo pos token check test test-unit test-integration test-e2e test-faults fuzz coverage mutants bench clean-venv

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; exit; }; done; echo none)
PIP := .venv/bin/python -m pip --disable-pip-version-check
PYTEST := .venv/bin/python -m pytest

ifneq ($(PORT),)
export HEALTHPAY_PORT := $(PORT)
endif

# An environment that was moved or copied along with its folder points to the old one: it is made anew.
$(shell [ ! -e .venv/.ready ] || [ "$$(cat .venv/.ready)" = "$$(pwd -P)" ] || { touch .venv/.installing; rm -f .venv/.ready; })

help:
	@echo 'make run [PORT=3001]       the server with its databases, until Ctrl-C'
	@echo 'make start                 the same in production mode, which refuses what is made for a laptop'
	@echo 'make demo [PORT=3001]      the same with demo data and a simulated network of pharmacies'
	@echo 'make token ROLE=ADMIN      a token; also SUB= USER= PHARMACY= TERMINAL= PROVIDER= PLAN= SCOPE= TTL_H='
	@echo 'make check                 format, lint, types, imports, house and unit tests'
	@echo 'make test                  all tests; test-unit, test-integration, test-e2e, test-faults: parts of them'
	@echo 'make fuzz [SEED=1]         generated requests through both doors, 5,000 and more'
	@echo 'make coverage              lines and branches by package, with all tests'
	@echo 'make mutants               mutation tests of the domain; ONLY=ledger.domain.wallet* for some of them'
	@echo 'make pos                   simulated terminals on the running server, with a live view; TERMINALS= RATE= FRAME='
	@echo '                           CARDS= SECONDS= CHAOS=1 RECORD=folder'
	@echo 'make bench                 the load suite'
	@echo 'make clean-venv            removes the Python environment; the next target makes it again'

# All that is said here goes to the standard error, so that `make token` prints a token and nothing else.
.venv/.ready: requirements.lock pyproject.toml
	@exec >&2; set -e; \
	if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo 'Python 3.11 or later is needed; name one with PYTHON=/path/to/python'; exit 1; fi; \
	if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
		echo 'This Python cannot make environments: install its venv package (python3-venv on Debian)'; exit 1; fi; \
	echo 'Making the Python environment; this takes about a minute.'; \
	if [ -e .venv/.installing ] || ! $(PIP) --version >/dev/null 2>&1; then $(PYTHON) -m venv --clear .venv; fi; \
	rm -f .venv/.ready; touch .venv/.installing; \
	$(PIP) install -q --require-hashes -r requirements.lock; \
	$(PIP) install -q --no-deps --no-build-isolation -e .; \
	rm -f .venv/.installing; pwd -P > .venv/.ready

# `exec`: signals to the recipe's shell reach the server's supervisor itself.
run: .venv/.ready
	@exec .venv/bin/python -m ledger run

start: .venv/.ready
	@HEALTHPAY_MODE=production exec .venv/bin/python -m ledger run

demo: .venv/.ready
	@exec .venv/bin/python -m ledger run --demo

# Only words of the command line count: USER, for one, is in every environment.
said = $(if $(findstring command,$(origin $(1))),$(2) "$$$(1)")

pos: .venv/.ready
	@exec .venv/bin/python -m ledger pos $(if $(TERMINALS),--terminals $(TERMINALS)) $(if $(RATE),--rate $(RATE)) \
		$(if $(FRAME),--frame $(FRAME)) $(if $(CARDS),--cards $(CARDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(call said,RECORD,--record) $(if $(CHAOS),--chaos)

token: .venv/.ready
	@exec .venv/bin/python -m ledger token --role "$(if $(findstring command,$(origin ROLE)),$$ROLE)" \
		$(call said,SUB,--sub) $(call said,USER,--user) $(call said,PHARMACY,--pharmacy) \
		$(call said,TERMINAL,--terminal) $(call said,PROVIDER,--provider) $(call said,PLAN,--plan) \
		$(call said,SCOPE,--scope) $(call said,TTL_H,--ttl-h)

check: .venv/.ready
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports
	$(PYTEST) tests/house tests/unit

test: check
	$(PYTEST) tests/contract tests/simulation tests/integration tests/e2e
	$(PYTEST) tests/faults

test-unit: .venv/.ready
	$(PYTEST) tests/unit

test-integration: .venv/.ready
	$(PYTEST) tests/contract tests/integration

test-e2e: .venv/.ready
	$(PYTEST) tests/e2e

coverage: .venv/.ready
	@exec .venv/bin/python -m tests.measure_coverage

# Not part of CI: it takes minutes, and says something about the tests rather than about the product.
mutants: .venv/.ready
	@exec nice -n 10 .venv/bin/python -m tests.mutation $(call said,ONLY,)

test-faults: .venv/.ready
	$(PYTEST) tests/faults

fuzz: .venv/.ready
	@exec nice -n 5 .venv/bin/python -m tests.fuzz $(if $(SEED),$(SEED),1)

bench: .venv/.ready
	@exec .venv/bin/python -m tests.load.bench

clean-venv:
	rm -rf .venv

# One word for everything people do with this folder. `make` alone lists them.
.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help up demo test test-fast test-postgres channels kill bench lint types fix check messages docs clean

BIN := .venv/bin
LOCK := pyproject.toml uv.lock tools/bootstrap
# The slowest part of the suite waits for processes, so two at a time are worth it even on two cores.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
WITHOUT_DATABASE := --ignore=tests/spread --ignore=tests/verdicts --ignore=tests/test_contracts.py --ignore=tests/test_translations.py

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

up: .venv/.ready-run ## Install what is needed and start Sebar (SEBAR_PORT, SEBAR_DATA); Ctrl-C stops it
	@$(BIN)/sebar up

demo: .venv/.ready-run ## The same, with a brand, two campaigns and 20,000 participants already there
	@$(BIN)/sebar up --demo

test: .venv/.ready-test ## Install what tests need and run every test
	@$(BIN)/pytest $(PARALLEL)

test-fast: .venv/.ready-test ## Every test that needs neither browser nor running processes
	@$(BIN)/pytest $(PARALLEL) -m "not browser and not processes"

test-postgres: .venv/.ready-test ## The suite once more, on PostgreSQL, but for what knows no database
	@SEBAR_TEST_DATABASE=postgres $(BIN)/pytest $(PARALLEL) $(WITHOUT_DATABASE)

channels: .venv/.ready-test ## Let one person join by each channel, and print who came by which
	@report=$$(mktemp); code=0; SEBAR_TEST_CHANNELS=$$report $(BIN)/pytest -q tests/channels/every || code=$$?; \
	cat "$$report"; rm -f "$$report"; exit $$code

kill: .venv/.ready-test ## Kill every process under load, 50 rounds, and count what is lost
	@SEBAR_KILL_ROUNDS=50 $(BIN)/pytest -s tests/serve/test_kill.py

bench: .venv/.ready-bench ## Print the benchmarks
	@$(BIN)/python bench/run.py

lint: .venv/.ready-test ## Style, import contracts, spelling, templates
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports
	@$(BIN)/codespell
	@$(BIN)/djlint --lint --quiet src/sebar/templates src/sebar/channels/kinds

types: .venv/.ready-test ## Check the types
	@$(BIN)/mypy

fix: .venv/.ready-test ## Let the tools mend what they can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

check: lint types test ## Style, types and tests

messages: .venv/.ready-test ## Collect the strings of the pages for translation, and compile them
	@tools/messages

docs: .venv/.ready-test ## Renew the generated part of the documentation
	@PYTHONPATH=tests $(BIN)/python tests/test_docs.py
	@PYTHONPATH=tests $(BIN)/python tests/test_tutorial.py

clean: ## Remove what was installed here (never data)
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.ready-run: $(LOCK)
	@tools/bootstrap run

.venv/.ready-test: $(LOCK)
	@tools/bootstrap test

.venv/.ready-bench: $(LOCK)
	@tools/bootstrap bench

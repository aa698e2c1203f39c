# Jinbao (金保). `make run` starts a demonstration city; `make test` proves the whole. Only Python >= 3.11 and make are needed.
PORT ?= 8000
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run demo test test-spark lint bench bench-careers bench-simulation docs reset format

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.uv/bin/uv:
	@echo "installing uv into .uv/ (once)"
	@python3 -c 'import sys; sys.exit("Jinbao needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@python3 -m venv .uv || (echo "python3 has no venv module: install it first (Debian: apt install python3-venv)"; exit 1)
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/.run: pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	@$(UV) sync --frozen --quiet --no-dev --inexact
	@touch $@

.venv/.dev: pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	@$(UV) sync --frozen --quiet
	@touch $@ .venv/.run

run: .venv/.run ## build the demonstration city if there is none, then serve it (PORT=8000)
	@$(RUN)/jinbao serve --port $(PORT)

demo: .venv/.run ## build the demonstration city without serving it (PERSONS=20000)
	@$(RUN)/jinbao demo $(if $(PERSONS),--persons $(PERSONS))

reset: .venv/.run ## throw the demonstration city away; the next `make run` starts over
	@$(RUN)/jinbao demo --reset-only

test: .venv/.dev ## run the whole suite (with DATABASE_URL=postgresql://… on PostgreSQL)
	@$(RUN)/pytest $(ARGS)

test-spark: .venv/.dev ## the tests that compare with Spark; installs pyspark (500 MB), needs Java 17
	@$(UV) sync --frozen --quiet --extra spark
	@$(RUN)/pytest -n 0 -m spark tests/bulk tests/data $(ARGS)

lint: .venv/.dev ## ruff, mypy --strict, import-linter, the tidy test
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/pytest -p no:cacheprovider -n 0 tests/test_tidy.py

format: .venv/.dev ## let ruff write the code as lint wants it
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

bench: .venv/.dev ## measure against limits and peers, as ratios
	@for file in bench/city.py bench/intake.py bench/disclosure.py; do echo "== $$file"; $(RUN)/python $$file || exit 1; done

bench-simulation: .venv/.dev ## a policy simulation against two bulk runs (PERSONS=100000)
	@$(RUN)/python bench/simulation.py $(or $(PERSONS),100000)

bench-careers: .venv/.dev ## careers of a whole city in bulk against a scan and the usual tools (PERSONS=100000 PEERS=none|openfisca)
	@$(RUN)/python bench/careers.py $(or $(PERSONS),100000)

docs: .venv/.dev ## compile the English catalogue; check links, commands and the map in the documents
	@$(RUN)/python -m jinbao.web.catalogue
	@$(RUN)/pytest -p no:cacheprovider -n 0 tests/test_docs.py

# Xiaoshi 小事. Two commands are enough: make run, make test. This text is printed by make help.
#
# PYTHON=/path/to/python3.12   the Python to use (3.11 to 3.13; found by itself otherwise)
# PORT=8000  XIAOSHI_HOME=...  where the desk answers, and where its data lives
# DATABASE_URL=postgresql://…  a PostgreSQL server of yours instead of the embedded one

SHELL = /bin/sh
.DEFAULT_GOAL = help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
PYTHON =
TESTS =
export PYTHON

.PHONY: help run setup test lint docs bench soak lock

help: ## say what can be made
	@sed -n 's/^# \{0,1\}//p' Makefile
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: ## set up what is missing, start the desk with its demo on 127.0.0.1:8000, print who may sign in
	@sh scripts/set_up run
	@exec .venv/bin/xiaoshi serve --demo

setup: ## make environment, assets and the command .venv/bin/xiaoshi, without starting anything
	@sh scripts/set_up run

test: ## all tests, a real browser included; TESTS=path for some of them
	@sh scripts/set_up test
	@exec .venv/bin/python -m pytest -n 2 $(TESTS)

lint: ## style, types, structure
	@sh scripts/set_up lint
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

docs: ## build the docs into build/docs/
	@sh scripts/set_up test
	@exec .venv/bin/python -P scripts/build_docs.py

bench: ## measure the engines, figures on the screen
	@sh scripts/set_up test
	@exec .venv/bin/python -P bench/run.py

soak: ## the long measurement: many cases over hours
	@sh scripts/set_up test
	@exec .venv/bin/python -P bench/soak.py

lock: ## work out the locks again from requirements*.in and package.json
	@sh scripts/set_up test
	@exec .venv/bin/python scripts/lock.py

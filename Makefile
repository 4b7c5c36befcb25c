# The two commands: `make compare` trains the same models in both libraries, `make test` checks all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL ?= all
ARGS ?=
REQUIREMENTS := setup.cfg constraints.txt pyproject.toml

.PHONY: venv compare test lint bench scoreboard boundscheck clean

venv: $(VENV)/all.stamp

# Two stamps, so that a first `make compare` does not wait for the test tools.
$(VENV)/%.stamp: $(REQUIREMENTS)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$*]"
	@touch $@

compare: $(VENV)/compare.stamp
	$(BIN)/python -m compare $(MODEL) $(ARGS)

lint: $(VENV)/all.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

bench: $(VENV)/all.stamp
	$(BIN)/python -m benchmarks $(ARGS)

scoreboard: $(VENV)/all.stamp
	$(BIN)/python -m tests.scoreboard $(ARGS)

boundscheck: $(VENV)/all.stamp
	$(BIN)/python -m tests.boundscheck $(ARGS)

clean:
	rm -rf $(VENV) out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Every target sets up what it needs. The two that a newcomer needs: `make run` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup run test test-engines fuzz check canaries format bench comparison dev lock newest clean
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE  # many targets start hundreds of processes: each would compile the house again

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## make .venv with everything to run and develop (without a JVM Spark)

$(READY): requirements-dev.lock requirements-uv.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.lock
	@$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements-dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

run: setup  ## the main job on the sample contact centre, its last days' coverage and backlog, and its coming week's assignment of people
	@$(BIN)/wfm sample --if-older
	@$(BIN)/wfm run --source telephony
	@$(BIN)/wfm coverage-history --source telephony
	@$(BIN)/wfm backlog --make --at 14:00 --source telephony
	@$(BIN)/wfm allocate --source telephony

test: setup  ## all tests; engine tests that need a server say so
	@$(BIN)/python -m pytest -n auto --dist loadfile

test-engines: setup  ## the same rows on DuckDB, PostgreSQL (WFM_TEST_POSTGRES_URL) and Spark (Sail); engines left out are named
	@WFM_TEST_ENGINES=each $(BIN)/python -m pytest -n auto --dist loadfile wfm_pipeline_tests/engines \
	  $$(grep -lE 'engine_url|engine_kit' wfm_pipeline_tests/*/test_*.py | grep -v '^wfm_pipeline_tests/engines/')

fuzz: setup  ## break what every loader reads, for an hour (FUZZ_MINUTES=10 make fuzz: for ten minutes)
	@$(BIN)/python -m wfm_pipeline_tests.fuzz.run

check: setup  ## lint, format, types, import law, SQL lint, definitions load, doctests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --processes 1 sql
	@$(BIN)/dg check defs
	@PYTHONWARNINGS=ignore $(BIN)/dagster definitions validate -w workspace.yaml
	@$(BIN)/python -m pytest --doctest-modules wfm_pipeline

canaries: setup  ## every command, however it ends, searched for secrets (half an hour); writes the table in docs/safety.md
	@$(BIN)/python -m wfm_pipeline_tests.tools.write_canary_table

format: setup  ## let ruff and sqlfluff put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup  ## run every benchmark; results in benchmarks/results
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

comparison: setup  ## write docs/forecast_comparison.md from the public panels (needs WFM_REAL_DATA)
	@$(BIN)/python -m wfm_pipeline_tests.tools.write_forecast_comparison

dev: setup  ## the Dagster UI with the graph, on 127.0.0.1:3000
	@$(BIN)/wfm dev

lock: setup  ## resolve the dependencies again into the hashed locks
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-annotate --no-header \
	  --extra postgres -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-annotate --no-header \
	  --extra dev --extra postgres --extra mssql --extra spark --extra apprise -o requirements-dev.lock
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-annotate --no-header \
	  --extra postgres --extra spark-jvm -o requirements-spark.lock
	@grep -E '^uv==' requirements-dev.lock | cut -d' ' -f1 | $(BIN)/uv pip compile - --quiet --universal --generate-hashes \
	  --no-annotate --no-header -o requirements-uv.lock

newest: setup  ## try the newest versions of all packages in environments of their own, and say which work
	@$(BIN)/python -m wfm_pipeline_tests.tools.try_newest

clean:  ## take away what was made at run time (not the environment)
	@rm -rf data/warehouse data/models data/reports data/landing data/dagster data/samples/*.sqlite
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Everything below needs Python (3.11 to 3.14) with pip, make and git; the rest, but for the tests' browser, is installed
# into this folder.
PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
MELTANO_BIN := .venv-meltano/bin
AIRFLOW_BIN := .venv-airflow/bin
export UV_PYTHON_DOWNLOADS := never
# Compiled once: what is installed at installation, this checkout's own modules and tests when they are first loaded.
# Every start of a command would else do it anew where the environment tells Python to write nothing beside its modules.
export UV_COMPILE_BYTECODE := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup meltano chromium demo demo-page demo-airflow fires test chaos chaos-stores histories lint format docs screenshots lock benchmark clean

help:
	@echo "make demo       the whole path against the sandbox: till to books"
	@echo "make demo-page  the same, then its books in a browser, until Ctrl-C"
	@echo "make demo-airflow  a night of 200 stores in a real Airflow, three of them broken"
	@echo "make fires         when systemd's timer and Airflow fire, over a year"
	@echo "make test       all tests"
	@echo "make chaos      SEEDS=200 syncs under faults, kills and hands in the books; POSTGRES=URL for ledgers there"
	@echo "make chaos-stores  SEEDS=200 chains of stores, nights in which things go wrong; POSTGRES=URL for ledgers there"
	@echo "make histories   thousands of tickets and histories for rules and posting"
	@echo "make screenshots   every page of the back office as a picture, in .screenshots"
	@echo "make lint       ruff, mypy, derived texts up to date"
	@echo "make benchmark  each benchmark of benchmarks/README.md once, as it comes"

setup: .venv/.ready
meltano: .venv-meltano/.ready .meltano/.ready

$(UV): requirements/tools.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools --upgrade -r requirements/tools.txt

.venv/.ready: $(UV) requirements/dev.txt pyproject.toml
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

.venv-meltano/.ready: $(UV) requirements/meltano.txt
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-meltano
	$(UV) pip sync --quiet --python $(MELTANO_BIN)/python --require-hashes requirements/meltano.txt
	touch $@

.venv-airflow/.ready: $(UV) requirements/airflow.txt
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-airflow
	$(UV) pip sync --quiet --python $(AIRFLOW_BIN)/python --require-hashes requirements/airflow.txt
	touch $@

.meltano/.ready: .venv-meltano/.ready meltano.yml pyproject.toml
	$(MELTANO_BIN)/meltano --log-level=warning install
	touch $@

# A browser for its tests: Debian's, where there is none.
chromium:
	@command -v chromium > /dev/null || { \
	  $$(command -v sudo) apt-get update -qq && $$(command -v sudo) apt-get install -qq -y --no-install-recommends chromium > /dev/null; }

demo: setup meltano
	$(BIN)/python -m sandbox.demo

demo-page: setup meltano
	$(BIN)/python -m sandbox.demo --page

demo-airflow: setup meltano .venv-airflow/.ready
	$(BIN)/python -m sandbox.demo_airflow

fires: setup .venv-airflow/.ready
	$(BIN)/python scripts/timer_fires.py
	$(AIRFLOW_BIN)/python scripts/dag_fires.py

test: setup meltano .venv-airflow/.ready chromium
	$(BIN)/python -m pytest

SEEDS ?= 200

chaos: setup
	$(BIN)/python -m sandbox.chaos --seeds $(SEEDS) $(if $(POSTGRES),--postgres $(POSTGRES))

chaos-stores: setup
	$(BIN)/python -m sandbox.chaos_stores --seeds $(SEEDS) $(if $(POSTGRES),--postgres $(POSTGRES))

# Tickets through the rules, and histories of till, faults and hands through posting, many more than `make test` has.
histories: setup
	HISTORIES_ALONE=5000 HISTORIES=1000 EXAMPLES=1000 $(BIN)/python -m pytest --timeout=3600 tests/posting tests/accounting

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/generate.py --check

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Every page in the browser, into .screenshots; those of the docs with --docs.
screenshots: setup chromium
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py

docs: setup
	$(BIN)/python scripts/generate.py

lock: $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra postgres --extra keyring --extra otel --extra web --group dev --output-file requirements/dev.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra postgres --extra otel --output-file requirements/plugins.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/build.in --output-file requirements/build.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/meltano.in --output-file requirements/meltano.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/airflow.in --output-file requirements/airflow.txt

benchmark: setup meltano
	$(BIN)/python -m benchmarks.posting
	$(BIN)/python -m benchmarks.receiving
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.desk
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.nights
	$(BIN)/python -m benchmarks.reads

clean:
	rm -rf .venv .venv-meltano .venv-airflow .tools .meltano .demo dist

# Everything here sets itself up: a fresh Linux machine with Python 3.11+ and make is enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo pictures codes test check bench soak kills days controls dist sbom lock clean
help:            ## what can be asked for
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(READY)  ## the virtual environment, from the pinned and hashed lock; kernels compiled
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "tarazu needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m tarazu.app.warm
	@touch $@

demo: $(READY)   ## a whole day in two minutes: a real stack, an incident, a close that balances, a report
	$(BIN)/tarazu demo $(ARGS)

pictures: $(READY) ## the pictures of the README, from a demo that is run for them (needs Chromium)
	$(BIN)/python tools/pictures $(DEMO)

test: $(READY)   ## lint, types, import contracts, and every test
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -rfER

check: $(READY)  ## lint, types and import contracts alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## every benchmark beside its peer
	@for name in decode simday simfeed greeks feedstate feedlog feedclient feedingest feedlatency feedload rollup orderpath journal engine t2o trees cli; do $(BIN)/tarazu bench $$name --json || exit 1; done

soak: $(READY)   ## a whole session through the feed's process, sixty times as fast (seven minutes)
	$(BIN)/tarazu bench feedsoak --json

kills: $(READY)  ## the journal killed a thousand times (five minutes)
	TARAZU_JOURNAL_KILLS=1000 $(BIN)/python -m pytest tests/runtime/test_journal_kill.py --timeout 900

days: $(READY)   ## 60,000 simulated days, and every effect of three days a place to die (hours; ended, it goes on)
	$(BIN)/tarazu dst run --days 60000 --seed 1000000 --keep var/days --json
	$(BIN)/tarazu dst crashpoints --seeds 1,4,12 --json

controls: $(READY) ## the tests of every control, and the matrix of what they show
	-$(BIN)/python -m pytest -m control -n 3 --dist loadfile --no-loadscope-reorder -rfER
	$(BIN)/tarazu controls || [ $$? -eq 1 ]

codes: $(READY)  ## docs/codes.md and the list of published codes, after a word was added
	$(BIN)/tarazu explain --document > docs/codes.md
	$(BIN)/python tests/codes/publish.py

dist: $(READY)   ## the wheel and the sdist, in dist/: the same bytes from the same source
	$(BIN)/python -m hatchling build -d dist

sbom: $(READY)   ## what tarazu stands on, with hashes and licences: dist/tarazu.cdx.json (CycloneDX)
	@mkdir -p dist
	$(BIN)/python tools/sbom.py dist/tarazu.cdx.json

lock:            ## re-pin both locks (needs uv); review the diff before committing it
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt

clean:           ## forget the environment and caches
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

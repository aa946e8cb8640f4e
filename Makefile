# `make deck` and `make test` are all the set-up there is: both need Python 3.11 or later, and make.
#
# Every recipe runs under sh as well as under Windows' cmd, which is why files are touched and removed by Python.

PYTHON ?= python3
UV ?= uv

VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
  VENV_PYTHON := $(BIN)/python.exe
else
  BIN := $(VENV)/bin
  VENV_PYTHON := $(BIN)/python
endif

# A stamp is younger than all that its set-up was made from, so a second call installs nothing.
DECK_READY := $(VENV)/deck.stamp
TEST_READY := $(VENV)/test.stamp
FUZZ_READY := $(VENV)/fuzz.stamp
CONTENT_READY := $(VENV)/content.stamp

INSTALL := $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check
INSTALL_PINNED := $(INSTALL) --require-hashes --requirement
INSTALL_CHECKOUT := $(INSTALL) --no-deps --no-build-isolation --editable .
STAMP := $(VENV_PYTHON) -c "import pathlib, sys; [pathlib.Path(name).touch() for name in sys.argv[1:]]"
REMOVE := $(PYTHON) -c "import shutil, sys; [shutil.rmtree(name, ignore_errors=True) for name in sys.argv[1:]]"
PIN := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements"

.DEFAULT_GOAL := deck
.DELETE_ON_ERROR:
.PHONY: deck test check check-content faults bench baseline fuzz pictures matrix requirements clean

# Build content/ into build/.
deck: $(DECK_READY)
	$(VENV_PYTHON) -m deckbuilder build

# Every check and every test.
test: check
	$(VENV_PYTHON) -m pytest --numprocesses auto --dist worksteal

# Style and types.
check: $(TEST_READY)
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check
	$(VENV_PYTHON) -m mypy

# The code on the deck's cards, and its results against PyTorch's on the CPU.
check-content: $(CONTENT_READY)
	$(VENV_PYTHON) -m deckbuilder code test
	$(VENV_PYTHON) -m pytest tests/content/against_torch.py

# Trouble at every point where a command touches its files, where the tests try a share of them; not on Windows.
faults: $(TEST_READY)
	$(VENV_PYTHON) -m tests.faults.scenes --every

# Speed and memory, beside genanki alone.
bench: $(TEST_READY)
	$(VENV_PYTHON) benchmarks/run.py

# Record anew what every later program must leave alone: on purpose only, see CONTRIBUTING.md.
baseline: $(TEST_READY)
	$(VENV_PYTHON) -m tests.baseline.record

# Broken input of every kind, for SECONDS each (tests/fuzz/README.md); needs Linux.
fuzz: $(FUZZ_READY)
	$(VENV_PYTHON) -m tests.fuzz.run $(TARGETS) $(if $(SECONDS),--seconds $(SECONDS))

# The proof of an update on Anki of several years, each in an environment of its own.
matrix: $(TEST_READY) deck
	$(VENV_PYTHON) tests/anki/matrix.py --package build/transformers.apkg

# Take the documents' pictures of the cards and of the preview again; needs Chromium or Chrome.
pictures: $(TEST_READY)
	$(VENV_PYTHON) -m tests.cards.pictures $(if $(FONT),--font $(FONT)) $(if $(FONTS),--fonts $(FONTS))
	$(VENV_PYTHON) -m tests.preview.pictures

# Pin the newest releases again; needs uv.
requirements:
	$(PIN) pyproject.toml requirements/runtime.in --output-file requirements/runtime.txt
	$(PIN) pyproject.toml --extra anki --extra preview requirements/runtime.in requirements/dev.in \
		--constraints requirements/runtime.txt --output-file requirements/dev.txt
	$(PIN) pyproject.toml --extra anki requirements/runtime.in \
		--constraints requirements/dev.txt --output-file requirements/anki.txt
	$(PIN) requirements/fuzz.in --output-file requirements/fuzz.txt

# Remove everything that make made.
clean:
	$(REMOVE) $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV_PYTHON):
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('deckbuilder needs Python 3.11 or later; name one: make PYTHON=python3.12')"
	$(PYTHON) -m venv $(VENV)

$(DECK_READY): requirements/runtime.txt pyproject.toml | $(VENV_PYTHON)
	@echo Installing into $(VENV), which takes a minute the first time
	@$(INSTALL_PINNED) requirements/runtime.txt
	@$(INSTALL_CHECKOUT)
	@$(STAMP) $@

$(TEST_READY): requirements/dev.txt pyproject.toml | $(VENV_PYTHON)
	@echo Installing into $(VENV), which takes a minute the first time
	@$(INSTALL_PINNED) requirements/dev.txt
	@$(INSTALL_CHECKOUT)
	@$(STAMP) $(DECK_READY) $@

$(FUZZ_READY): requirements/fuzz.txt $(TEST_READY)
	@$(INSTALL_PINNED) requirements/fuzz.txt
	@$(STAMP) $@

$(CONTENT_READY): requirements/content.txt $(TEST_READY)
	@echo Installing PyTorch into $(VENV), which takes a few minutes the first time
	@$(INSTALL) --requirement requirements/content.txt
	@$(STAMP) $@

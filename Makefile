# make demo       a study from nothing to the dashboard      make test    every test
# make dashboard  the dashboard alone      make check   ruff and mypy      make docs   the generated parts of the docs
# Each does its own set-up: .venv in this folder, made once and again when the pins change.

PYTHON ?= python3
VENV   ?= .venv
SWEEP   = kaplan_language_models
STUDY   = $(SWEEP)-smoke
BIN     = $(VENV)/bin
LAB     = $(BIN)/lab
READY   = $(VENV)/.ready
PYTEST  = $(BIN)/python -m pytest

.PHONY: help demo test check docs dashboard clean
.DEFAULT_GOAL = help

# $(call fail,what happened and what to do)
fail = { echo "make: $(1)" >&2; exit 1; }

# $(call step,fit STUDY): a command of the lab, shown as one would type it.
define step
	@printf '\n$$ lab %s\n' '$(1)'
	@$(LAB) $(1) || $(call fail,stopped at \`lab $(1)\`; the reason is above.)
endef

help:
	@sed -n '1,3s/^# //p' Makefile

demo: $(READY)
	$(call step,plan $(SWEEP) --preset smoke)
	$(call step,run $(SWEEP) --preset smoke)
	$(call step,fit $(STUDY))
	$(call step,judge $(STUDY))
	$(call step,report $(STUDY))
	$(call step,export $(STUDY))
	@printf '\nReport     %s\nFigures    %s\n' results/reports/$(STUDY)/ results/figures/$(STUDY)/
ifeq ($(DEMO_OPEN),0)
	@echo "Dashboard  make dashboard (http://127.0.0.1:8501)"
else
	@$(LAB) dashboard
endif

dashboard: $(READY)
	@$(LAB) dashboard

test: $(READY)
	@browser=$$(.ci/browser) || $(call fail,no browser for the tests; see above.); \
	LAB_BROWSER="$$browser" OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist loadfile $(ARGS) || $(call fail,tests failed; see above.)

check: $(READY)
	@$(BIN)/ruff check . || $(call fail,ruff check; \`$(BIN)/ruff check --fix .\` mends some.)
	@$(BIN)/ruff format --check . || $(call fail,ruff format; \`$(BIN)/ruff format .\` mends it.)
	@$(BIN)/mypy || $(call fail,mypy; see above.)

docs: $(READY)
	@$(BIN)/python docs/reference.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		$(call fail,needs Python 3.11 or newer; $(PYTHON) is not. Name another: PYTHON=python3.12 make …)
	@echo "Installing into $(VENV) what constraints.txt pins: about 2 GB and a few minutes, once."
	@$(PYTHON) -m venv $(VENV) || $(call fail,python could not make $(VENV); on Debian: apt-get install python3-venv)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[dev]' || \
		$(call fail,the packages did not install; the reason is above.)
	@touch $@

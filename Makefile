# Paymesh 聚合支付中心. `make help` lists everything.

SHELL := /bin/sh
VENV := .venv/bin/python
WORKERS ?= 3
SEEDS ?= 1000
OLD_ORDERS ?= 10000000
ORDERS ?= 5000000
FUZZ_SECONDS ?= 900
PER_S ?= 20

# Any Python from 3.11 on: the given one, or the first that is new enough.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
endif

# Where the audit of the stack that runs here lies.
ADMIN_DATABASE := import json, os; print(json.load(open(os.environ.get("PAYMESH_LOCAL_DIR", ".local") + "/demo.json"))["database_urls"]["merchant_admin"])

# Where an image forbids it, each of the many processes would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# The supervisor ends with the make that started it, were that by kill -9 (Linux).
TIED := $(shell command -v setpriv >/dev/null && echo setpriv --pdeathsig TERM --)

NODE_ORACLES := tests/oracles/node
REDOCLY := $(NODE_ORACLES)/node_modules/.bin/redocly
# What writes anew the files that are made of the code.
WRITERS := $(addprefix tests.contract.,test_golden test_openapi test_admin_openapi asyncapi guide channel_table signing_vectors)

CHECKED := libs/contracts libs/chassis libs/foundation libs/sandbox $(sort $(wildcard services/*)) deploy/local sdk/python $(wildcard examples/*/*.py) bench tests

.PHONY: help run test walk-pages screenshots chaos upgrade-test golden test-sdks sdks simulate mutants fuzz check check-k8s images docs verify-audit rebuild-projections rotate-sealing bench bench-channel bench-admin bench-cashier bench-core bench-notifier sandbox secrets audit lock clean distclean venv
.DEFAULT_GOAL := help

help: ## this list
	@echo "Paymesh 聚合支付中心"
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'
	@echo
	@echo "  PAYMESH_PORT_BASE=8000   first port of make run; PAYMESH_LOCAL_DIR=.local its folder"
	@echo "  PAYMESH_DEMO=0           make run without the shown payment"
	@echo "  DATABASE_URL, KAFKA_BOOTSTRAP   make test with these instead of its own"

run: venv ## all five services, the sandbox and a shown payment, until Ctrl-C
	@exec $(TIED) $(VENV) -m paymesh_local

test: venv $(NODE_ORACLES)/node_modules ## every test: unit, contract, integration, end to end
	@$(VENV) -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

simulate: venv ## SEEDS=1000 worlds full of faults, each judged, and a walk; SEED=7 tells one
	@$(VENV) -m tests.simulation --workers $(WORKERS) $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))
	@$(if $(SEED),,$(VENV) -m tests.simulation.walk)

mutants: venv ## plant faults in a copy of the code: each must be found out within 100 seeds; ONLY=name
	@$(VENV) -m tests.simulation.mutants --workers $(WORKERS) --only "$(ONLY)"

walk-pages: venv ## every console page as each role, light and dark, desk and phone, zh and en: axe, folding, words; ROLE=operator
	@$(VENV) -m pytest -q -n $(WORKERS) tests/integration/merchant_admin/walk_pages.py $(if $(ROLE),-k $(ROLE))

screenshots: venv ## the pictures of the READMEs anew, from the running product: docs/pictures
	@$(VENV) -m tests.e2e.pictures

golden: venv ## write anew what is made of the code: golden files, OpenAPI, AsyncAPI, tables of the documents, states
	@for writer in $(WRITERS); do $(VENV) -m $$writer || exit 1; done
	@$(VENV) -m trade_core.domain.diagram > docs/states.md

test-sdks: venv ## the signers of Node, Go, PHP and Java on the shared vectors; says what is absent
	@$(VENV) -m tests.sdks

sdks: venv ## clients for Java, Go, PHP and Node, generated from the OpenAPI into dist/sdks
	@$(VENV) -m paymesh_local.sdk_clients

fuzz: venv ## FUZZ_SECONDS=900 of what Schemathesis makes of our OpenAPI, signed; make test does 30 s
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(VENV) -m pytest tests/fuzz

# Public SDKs and a linter for Node, where npm is; without them the rest runs all the same.
$(NODE_ORACLES)/node_modules: $(NODE_ORACLES)/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --silent --ignore-scripts --no-audit --fetch-retries=1 \
			--fetch-retry-mintimeout=1000 --prefix $(NODE_ORACLES) && touch $@ || \
		{ rm -rf $@; echo "  · tests without the Node oracles: npm ci failed in $(NODE_ORACLES)"; }; \
	fi

chaos: venv ## two replicas under load while everything fails in turn, 10 min at most, 0 lost; ONLY="broker KILL,clock" PER_S=20
	@$(VENV) -m tests.chaos --only "$(ONLY)" --per-s $(PER_S)

upgrade-test: venv ## from the last release (deploy/RELEASE) to this tree under load, 0 lost
	@$(VENV) -m paymesh_local.upgrade

check: venv $(NODE_ORACLES)/node_modules docs ## style, types, architecture, manifests, the API's description
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy $(CHECKED)
	.venv/bin/lint-imports
	$(VENV) -m paymesh_local.manifests
	$(VENV) -m paymesh_local.alert_rules
	@if [ -x $(REDOCLY) ]; then $(REDOCLY) lint --extends recommended-strict tests/contract/openapi.json; \
		else echo "  · without npm the description of the API was not linted"; fi
	cd sdk/python && ../../$(VENV) -m hatchling build -t wheel -d ../../dist

check-k8s: venv ## the manifests before a real kube-apiserver; BUILD=1 makes that one first (Go)
	@$(VENV) -m paymesh_local.cluster $(if $(BUILD),--build)

images: venv ## the five images without a daemon (buildah, as root), each tried; BASE=local where none can be pulled, SAVE=folder
	@$(VENV) -m paymesh_local.images $(if $(BASE),--base "$(BASE)") $(if $(SAVE),--save "$(SAVE)")

docs: venv ## the guide for app teams, in two languages, into .site/
	@NO_MKDOCS_2_WARNING=1 $(VENV) -m mkdocs build --strict --quiet && echo "  ✓ .site/index.html"

verify-audit: venv ## whether the audit is as it was written (of make run, or PAYMESH_DATABASE_URL)
	@PAYMESH_DATABASE_URL="$${PAYMESH_DATABASE_URL:-$$($(VENV) -c '$(ADMIN_DATABASE)')}" \
		$(VENV) -m merchant_admin.verify_audit

rebuild-projections: venv ## what people search, made anew from trade-core's event log, beside the traffic
	@$(VENV) -m paymesh_local.rebuild_projections

rotate-sealing: venv ## seal all secrets to the newest keys (of make run, or PAYMESH_DATABASE_URL and so on); STEP=--new-keys before, STEP=--forget-old after
	@$(VENV) -m paymesh_local.rotate_sealing $(STEP)

bench: venv ## what a payment costs beside the bare minimum and stock choices; README=1: into the READMEs
	@$(VENV) -m bench.payments $(if $(README),--readme) $(BENCH)

bench-channel: venv ## what a call to a channel costs beside a bare signed post
	@$(VENV) -m bench.channel $(BENCH)

bench-core: venv ## trade-core alone beside bare inserts, and with OLD_ORDERS=10000000 behind it
	@$(VENV) -m bench.trade_core --old-orders=$(OLD_ORDERS) $(BENCH)

bench-cashier: venv ## what our page weighs, when it is seen, pages per second, and 10,000 idle watchers
	@$(VENV) -m bench.cashier $(BENCH)

bench-admin: venv ## how long people wait with ORDERS=5000000 projected orders
	@$(VENV) -m bench.admin --orders=$(ORDERS) $(BENCH)

bench-notifier: venv ## callbacks per second, and whom a dead app delays; W=W1,W4: only these
	@$(VENV) -m bench.callbacks --only="$(W)" $(BENCH)

sandbox: venv ## only the third parties, on port 8010
	@exec $(TIED) $(VENV) -m sandbox --port 8010 --state-dir .local/sandbox-alone --public-url http://127.0.0.1:8010

secrets: venv ## what deploy/compose.yaml must be told, once: deploy/.env; FOLDER=… an overlay for a cluster with all its secrets
	@$(VENV) -m paymesh_local.$(if $(FOLDER),cluster_secrets "$(FOLDER)",compose_secrets)

audit: venv ## a bill of materials of requirements.lock, and what of it is known to be vulnerable
	@$(VENV) -m paymesh_local.audit

lock: venv ## write requirements.lock anew from requirements.in
	$(VENV) -m uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -q requirements.in -o requirements.lock

clean: ## remove the data of make run and all caches
	rm -rf .local dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## and the .venv and Kafka's jars
	rm -rf .venv deploy/local/kafka/jars*

venv:
	@test -n "$(PYTHON)" || { echo "Paymesh needs Python 3.11 or newer: make run PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "$(PYTHON) is older than Python 3.11: make run PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo "$(PYTHON) has no venv module: install it (on Debian: apt install python3-venv)"; exit 1; }
	@$(PYTHON) deploy/local/make_venv.py

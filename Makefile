# The front door. Each target installs what it needs; nothing but make, Node with npm, and for the sandbox Go and Python.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Node 22 comes by npm, so that a machine's own, older one doesn't matter.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
TS := node -r ./cli/typescript.mjs
SANDBOX := $(TS) sandbox/main.ts
NODE := node_modules/.installed
VENV := workloads/.venv/.installed
DAGS_VENV := workloads/.venv-dags/.installed
CHECKS_VENV := checks/.venv/.installed
STACK ?= sandbox

.PHONY: help
help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[36mmake %-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## What a target needs

$(NODE): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "npm is not there; install Node.js 20 or newer, which brings it" >&2; exit 1; }
	@echo "▸ Install the npm packages" >&2
	@npm ci --loglevel=error --ignore-scripts >/dev/null
	@npm rebuild node --ignore-scripts=false --loglevel=error >/dev/null
	@touch $@

$(VENV): workloads/requirements-dev.lock workloads/requirements-data-build.lock workloads/requirements-tools.lock workloads/pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; python3 is $$(python3 --version 2>&1)" >&2; exit 1; }
	@echo "▸ Install the Python packages" >&2
	@rm -rf workloads/.venv && python3 -m venv workloads/.venv
	@cd workloads && .venv/bin/python -m pip install --quiet --require-hashes -r requirements-tools.lock
	@cd workloads && VIRTUAL_ENV=.venv .venv/bin/uv pip sync --quiet --require-hashes --build-constraints requirements-data-build.lock requirements-dev.lock
	@cd workloads && VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --no-deps --editable .
	@touch $@

# Airflow is pinned with all that it needs: a place of its own, beside the programs'.
$(DAGS_VENV): images/airflow/requirements.lock workloads/tests-dags/requirements.lock $(VENV)
	@echo "▸ Install Airflow, for the tests of the DAGs" >&2
	@rm -rf workloads/.venv-dags && python3 -m venv --without-pip workloads/.venv-dags
	@VIRTUAL_ENV=workloads/.venv-dags workloads/.venv/bin/uv pip install --quiet --no-deps --require-hashes \
		--requirement images/airflow/requirements.lock --requirement workloads/tests-dags/requirements.lock
	@touch $@

# Checkov brings half a hundred packages that nothing else here needs.
$(CHECKS_VENV): checks/requirements.lock workloads/requirements-tools.lock
	@echo "▸ Install checkov" >&2
	@rm -rf checks/.venv && python3 -m venv checks/.venv
	@checks/.venv/bin/python -m pip install --quiet --require-hashes -r workloads/requirements-tools.lock
	@VIRTUAL_ENV=checks/.venv checks/.venv/bin/uv pip install --quiet --no-deps --require-hashes --requirement checks/requirements.lock
	@touch $@

.PHONY: deps
deps: $(NODE) $(VENV) ## Install the packages of both languages

.PHONY: packages
packages: $(NODE) ## Install the npm packages only, which are what the command data-platform needs

## A platform on this machine

.PHONY: sandbox
sandbox: $(NODE) $(VENV) ## Bring up a one-node Kubernetes on this machine, the platform in it, and run the sample [AGAIN=1]
	@$(SANDBOX) run $(if $(AGAIN),--again)

.PHONY: open
open: $(NODE) ## Serve the pages of Airflow, MLflow and MinIO on localhost
	@$(SANDBOX) open

.PHONY: down
down: $(NODE) ## Stop the sandbox and remove all that it left, but for the cache
	@$(SANDBOX) down

.PHONY: kind kind-down
kind: $(NODE) ## Bring up the platform on a cluster by kind, in Docker, without root: Linux, macOS, WSL2 [AGAIN=1]
	@$(SANDBOX) kind $(if $(AGAIN),--again)
kind-down: $(NODE) ## Delete the cluster of make kind, with its volumes and its state
	@$(SANDBOX) kind-down

.PHONY: preview up destroy outputs status
preview: $(NODE) ## Show what an update of the sandbox's stack would change
	@$(SANDBOX) preview
up: $(NODE) ## Update the sandbox's stack
	@$(SANDBOX) up
destroy: $(NODE) ## Delete the sandbox's stack; the cluster stays
	@$(SANDBOX) destroy
outputs: $(NODE) ## Print the outputs of the sandbox's stack
	@$(SANDBOX) outputs
status: $(NODE) ## Say what of the sandbox runs
	@$(SANDBOX) status

## A stack on a cluster of one's own, by the Pulumi CLI and held to the policy pack

# The sandbox has its own engine. A name that can't be, or has no file, is told before Pulumi is asked.
named = $(if $(filter sandbox,$(STACK)),$(error say which stack: make $@ STACK=dev),'$(subst ','\'',$(STACK))')
pulumis = stack=$$(cli/data-platform.mjs stack --stack $(named))

.PHONY: plan deploy
plan: $(NODE) ## Show what an update of a stack would change: STACK=dev
	@$(pulumis); pulumi preview --stack "$$stack" --diff --policy-pack policy
deploy: $(NODE) ## Update a stack: STACK=dev [YES=1, asks nothing]
	@$(pulumis); pulumi up --stack "$$stack" --policy-pack policy $(if $(YES),--yes --non-interactive)

.PHONY: doctor recover teardown
doctor: $(NODE) ## Look whether an update of a stack would go well; changes nothing: STACK=dev [ARGS=--offline]
	@cli/data-platform.mjs doctor --stack $(named) $(ARGS)
recover: $(NODE) ## Mend what an interrupted update has left; never deletes data: STACK=dev [ARGS=--dry-run]
	@cli/data-platform.mjs recover --stack $(named) $(ARGS)
teardown: $(NODE) ## Destroy a stack, and say what is left and whose it is: STACK=dev [ARGS=--dry-run]
	@cli/data-platform.mjs teardown --stack $(named) $(ARGS)

.PHONY: diff ephemeral sweep
diff: $(NODE) ## Show what the branch changes in every stack, object by object: [STACK=prod] [ARGS="--base main"]
	@cli/data-platform.mjs diff $(if $(filter file,$(origin STACK)),,--stack $(STACK)) $(ARGS)
ephemeral: $(NODE) ## Short-lived stacks of pull requests: ARGS="create 7", "list", "destroy 7"
	@cli/data-platform.mjs ephemeral $(or $(ARGS),--help)
sweep: $(NODE) ## Destroy the short-lived stacks whose time is over [ARGS=--dry-run]
	@cli/data-platform.mjs ephemeral sweep $(ARGS)

## Tests

# Each is a program that keeps one core busy; two of them at a time say all they find, one after the other.
LINTS := lint-rules lint-style lint-types lint-python
.PHONY: lint $(LINTS)
lint: $(NODE) $(VENV) ## Check style and types of everything
	@$(MAKE) --jobs=2 --keep-going --output-sync=target $(LINTS)
lint-rules: $(NODE)
	@eslint .
lint-style: $(NODE)
	@prettier --check --log-level warn .
lint-types: $(NODE)
	@tsc --noEmit
lint-python: $(VENV)
	@cd workloads && .venv/bin/ruff check --quiet . && .venv/bin/ruff format --check --quiet . && .venv/bin/mypy

TEST_PARTS := test-unit test-golden test-checks test-workloads test-dags test-integration
# How many processes share the files of tests. Those of integration have an API server each, and those of the workloads a broker and
# an object store: most of their time is waiting, and one process keeps one core busy at most.
BEDS ?= 2

.PHONY: test test-parts
test: $(TEST_PARTS) ## Run all tests but the end-to-end ones [BEDS=2]
test-parts:
	@echo $(TEST_PARTS)

.PHONY: test-unit test-golden test-workloads test-dags test-integration
test-unit: $(NODE)
	@$(TS) test/beds/main.ts test/unit $(BEDS)
test-golden: $(NODE)
	@mocha 'test/golden/**/*.test.ts'
test-workloads: $(NODE) $(VENV)
	@$(TS) test/services.ts workloads/.venv/bin/python -m pytest -c workloads/pyproject.toml \
		--numprocesses $(BEDS) --dist loadfile workloads/tests
test-dags: $(DAGS_VENV)
	@cd workloads && .venv-dags/bin/python -m pytest -c pyproject.toml tests-dags
test-integration: $(NODE)
	@$(TS) test/beds/main.ts test/integration $(BEDS)

## Checks

.PHONY: check judge test-checks
check: $(NODE) $(CHECKS_VENV) ## Render stacks and have other programs check every object: [STACK=prod] [CHARTS=configured] [ARGS=--allow-missing-charts], docs/checks.md
	@$(TS) checks/main.ts --charts $(or $(CHARTS),directories) $(ARGS) $(if $(filter file,$(origin STACK)),,$(STACK))
# The name of before.
judge: check
test-checks: $(NODE) $(CHECKS_VENV)
	@mocha 'test/checks/**/*.test.ts'

.PHONY: scan
scan: $(NODE) ## Ask a database for advisories of everything that is pinned: [LEVEL=high] [PARTIAL=1, where not all can be asked about] [DIGESTS=file, our images] [ARGS=--no-images], SECURITY.md
	@cli/data-platform.mjs scan $(if $(LEVEL),--level $(LEVEL)) $(if $(PARTIAL),--partial) $(if $(DIGESTS),--digests $(DIGESTS)) $(ARGS)

.PHONY: e2e
e2e: $(NODE) $(VENV) ## Run the end-to-end tests: the sandbox from nothing to the sample's numbers, and down again
	@mocha 'test/e2e/**/*.test.ts'

.PHONY: e2e-store
e2e-store: $(NODE) $(VENV) ## Run the sample on an object store outside of the cluster: a MinIO that is a process of this machine's
	@mocha 'test/e2e-store/**/*.test.ts'

## Policies, and what it costs

.PHONY: policy-test bench
policy-test: $(NODE) ## Test the policy pack, and every stack against it, without an engine
	@mocha 'test/unit/policy*.test.ts'
bench: $(NODE) ## Print what a render and a run of the program cost, beside what they aim at and what helmfile takes
	@$(TS) bench/main.ts

## What a stack makes

.PHONY: render
render: $(NODE) ## Write every object that a stack makes, one file an object: STACK=prod [OUT=directory] [ARGS=--allow-missing-charts]
	@cli/data-platform.mjs render --stack $(STACK) --out $(or $(OUT),.sandbox/rendered/$(STACK)) $(ARGS)

## What is generated

.PHONY: golden
golden: $(NODE) ## Write the committed manifests of all stacks anew; read the diff
	@UPDATE_GOLDEN=1 mocha 'test/golden/**/*.test.ts'

.PHONY: screenshots
screenshots: $(NODE) ## Take the pictures of docs/access.md from the running sandbox anew; needs Chromium
	@$(TS) test/screenshots/main.ts

.PHONY: docs
docs: $(NODE) ## Write the pages anew that come out of the program: configuration, sizing, network
	@$(TS) docs/generators/main.ts

.PHONY: schema
schema: $(NODE) ## Write the JSON Schema of stack files anew
	@$(TS) config/json-schema.ts

.PHONY: images images-sign images-verify images-published images-lock images-check mirror-list debian-day
images: $(NODE) ## Build the platform's images: [STACK=prod | REGISTRY=ghcr.io/acme/data-platform] [PUSH=1 | KIND=<cluster>] [PLATFORM=linux/amd64,linux/arm64] [DIGESTS=file, written] [MISSING=1, only those that aren't there as DIGESTS or SIGNER knows them, or by TRUST=tags] [TOOL=docker|podman|buildah]
	@$(TS) images/build/main.ts --tool $(or $(TOOL),auto) $(if $(REGISTRY),--registry $(REGISTRY),--stack $(STACK)) $(if $(PUSH),--push) $(if $(MISSING),--missing) $(if $(KIND),--kind $(KIND)) $(if $(PLATFORM),--platform $(PLATFORM)) $(if $(DIGESTS),--digests $(DIGESTS)) $(if $(MISSING),$(if $(filter tags,$(TRUST)),--trust-tags,$(if $(SIGNER),--signer $(SIGNER))))
signed = --digests $(or $(DIGESTS),$(error say which images: make $@ DIGESTS=file)) --signer $(or $(SIGNER),$(error say whose signature counts: make $@ SIGNER=identity))
images-sign: $(NODE) ## Sign images that were pushed, by cosign: DIGESTS=file SIGNER=identity [BILLS=directory, what is in them, by syft]
	@$(TS) images/build/trust-main.ts sign $(signed) $(if $(BILLS),--bills $(BILLS))
images-verify: $(NODE) ## Refuse images that are not signed by whom they should be: DIGESTS=file SIGNER=identity
	@$(TS) images/build/trust-main.ts verify $(signed)
images-published: $(NODE) ## Write images/published.json, by which stacks take a release's images, and a table of it: DIGESTS=file VERSION=tag [TABLE=file]
	@$(TS) images/build/published-main.ts --digests $(or $(DIGESTS),$(error say which images: make $@ DIGESTS=file)) --version $(or $(VERSION),$(error say which release: make $@ VERSION=v1.0.0)) --table $(or $(TABLE),images.md)
images-lock: $(NODE) ## Write images.lock.json anew, with the digests of what a registry can be asked for [OFFLINE=1]
	@NODE_USE_ENV_PROXY=1 $(TS) images/inventory/main.ts $(if $(OFFLINE),--offline)
images-check: $(NODE) ## Refuse a stack whose images of others aren't in images.lock.json by digest, or have changed since: STACK=prod [OFFLINE=1]
	@NODE_USE_ENV_PROXY=1 $(TS) images/inventory/check-main.ts --stack $(named) $(if $(OFFLINE),--offline)
debian-day: ## Have the images built with what Debian has mended until today: new tags [DAY=2026-11-30]
	@sed -i -E 's/^(ARG DEBIAN_DAY=|export const debianDay = ")[0-9-]+/\1$(or $(DAY),$(shell date -u +%F))/' config/versions.ts images/*/Containerfile
mirror-list: $(NODE) ## Print what an air-gapped registry has to hold, a line an image, source and target: STACK=prod [MIRROR=registry/path] [FROM=registry/path]
	@$(TS) cli/main.ts mirror-list --stack $(STACK) $(if $(MIRROR),--mirror $(MIRROR)) $(if $(FROM),--from $(FROM))

.PHONY: format
format: $(NODE) $(VENV) ## Mend the style of everything
	@eslint --fix . ; prettier --write --log-level warn .
	@cd workloads && .venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

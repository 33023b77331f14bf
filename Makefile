# The door to Armature. `make help` says what is behind it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PRESET ?= dev
JOBS ?= $(shell nproc)
SOURCES = $(shell git ls-files 'src/*.h' 'src/*.cc' 'bench/*.cc' 'bench/*.h' 'fuzz/*.cc' 'tests/*.h' 'tests/*.cc')

.PHONY: help setup build configure test check fmt lint tidy bench corpus clients fuzz demo clean faults

help: ## what each target does
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PRESET=release|dev|tsan|clang chooses the build for build, test and check"

setup: ## install the packages that build and tests need (Debian 12)
	@scripts/setup build test

configure:
	@cmake --preset $(PRESET) -Wno-dev --log-level=WARNING

build: setup configure ## set up and build everything (PRESET=dev)
	@cmake --build --preset $(PRESET) -j $(JOBS)

test: setup ## set up, build with ASan and UBSan, run every test
	@$(MAKE) --no-print-directory configure
	@cmake --build --preset $(PRESET) -j $(JOBS)
	@scripts/run_tests build/$(PRESET)

check: fmt-check lint test ## what a change must pass: format, layers, tests

fmt: ## format every source file
	@scripts/setup lint
	@clang-format-14 -i $(SOURCES)

.PHONY: fmt-check
fmt-check:
	@scripts/setup lint
	@clang-format-14 --dry-run -Werror $(SOURCES)

lint: ## layers, one home per call, file sizes (fast)
	@python3 scripts/check_rooms.py
	@python3 scripts/check_openapi.py

tidy: ## clang-tidy over all sources (slow)
	@scripts/setup lint build test
	@$(MAKE) --no-print-directory configure PRESET=clang
	@git ls-files 'src/*.cc' | grep -v _test.cc | xargs -P $(JOBS) -n 4 clang-tidy-19 -p build/clang --quiet

bench: ## build release, print every benchmark's ratios
	@scripts/setup build bench
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target armature benchmarks
	@bench/run build/release

.PHONY: bench-decisions
bench-decisions: ## access::decide beside Cedar, OPA and Casbin; needs the package registries
	@scripts/setup build bench
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target bench_decisions
	@bench/decisions/run build/release

.PHONY: bench-gateway
bench-gateway: ## the gateway beside nginx and other proxies on one fake Azure (ARGS=--quick: 90 s)
	@scripts/setup build bench
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target armature bench_gateway_load
	@bench/gateway/run build/release $(ARGS)

.PHONY: bench-orchestrator
bench-orchestrator: ## what running a DAG costs, beside make and ninja (ARGS='--part 0.1 --rounds 1': a minute)
	@scripts/setup build bench
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target armature bench_body
	@bench/orchestrator/run build/release $(ARGS)

.PHONY: soak
soak: ## the gateway under steady load, MINUTES=60 RATE=auto: flat memory and descriptors, every request accounted for
	@scripts/setup build bench
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target armature bench_gateway_load
	@bench/gateway/soak build/release --minutes $(or $(MINUTES),60) --rate $(or $(RATE),auto) $(ARGS)

corpus: ## run DIR's templates, policies and vectors; without DIR those of ../shared/data, into docs/coverage.md
	@scripts/setup build
	@$(MAKE) --no-print-directory configure
	@cmake --build --preset $(PRESET) -j $(JOBS) --target corpus
	@ASAN_OPTIONS=detect_stack_use_after_return=0 build/$(PRESET)/tests/corpus/corpus \
	  $(or $(DIR),../shared/data --coverage docs/coverage.md) --least $(or $(LEAST),95)

fuzz: ## build the fuzzers with clang and run each SECONDS=60; NAMES="jwt policy" runs those alone
	@scripts/setup build fuzz
	@$(MAKE) --no-print-directory configure PRESET=fuzz
	@JOBS=$(JOBS) fuzz/run build/fuzz $(or $(SECONDS),60) $(NAMES)

.PHONY: jinja
jinja: ## CASES=10000 random templates, rendered by Jinja2 (python3-jinja2) and here
	@$(MAKE) --no-print-directory configure
	@cmake --build --preset $(PRESET) -j $(JOBS) --target dag_test
	@mkdir -p build/jinja
	@python3 tests/jinja/make_cases.py $(or $(CASES),10000) build/jinja/cases.json $(or $(SEED),1)
	@ARMATURE_JINJA_CASES=build/jinja/cases.json build/$(PRESET)/src/dag/dag_test --gtest_filter='Jinja.*' --gtest_brief=1

clients: ## real Azure clients (az, Python, JavaScript, Go) against the sandbox; needs the package registries
	@scripts/setup build clients
	@$(MAKE) --no-print-directory configure
	@cmake --build --preset $(PRESET) -j $(JOBS) --target armature
	@tests/clients/run build/$(PRESET)/armature

faults: ## 10,000 mutations while connections are cut and the gateway is killed; then the same with the Python SDK
	@scripts/setup build clients
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target armature
	@tests/faults/run build/release/armature --mutations $(or $(MUTATIONS),10000)
	@tests/faults/run build/release/armature --mutations $(or $(MUTATIONS),10000) --sdk "$$(tests/faults/sdk build/clients/python)"

demo: ## set up, build, run the example end to end, stay up until Ctrl-C (ONCE=1: end by itself)
	@scripts/setup build
	@$(MAKE) --no-print-directory configure PRESET=release
	@cmake --build --preset release -j $(JOBS) --target armature
	@scripts/demo build/release/armature

clean: ## remove what the builds made
	@rm -rf build

# The front door. Everything is built by CMake into build/<preset>; `make help` lists what there is.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
PYTHON ?= /usr/bin/python3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# In continuous integration a warning is an error.
WERROR := $(if $(CI),ON,OFF)
BUILD = cmake --preset $(1) -DGMR_WERROR=$(WERROR) >/dev/null && \
        cmake --build --preset $(1) -j $(JOBS)
TEST = ctest --preset $(1) -j $(JOBS)
NEEDS_TORCH = $(PYTHON) -c 'import torch' 2>/dev/null || { \
    echo "this needs PyTorch for $(PYTHON); scripts/install-deps --golden installs it" >&2; exit 1; }

.PHONY: all deps demo check gradient fault golden golden-check asan ubsan tsan fuzz bench lint fmt install clean help

all: ## build the library, the command, the benchmarks and the tests (build/release)
	@$(call BUILD,release)

deps:
	@scripts/install-deps

demo: deps ## install what is missing, build, and run the demonstration
	@$(call BUILD,release)
	build/release/gommir demo $(ARGS)

check: deps ## install what is missing, build, and run all tests
	@$(call BUILD,release)
	@$(call TEST,release)

check-%: all ## run the tests of one kind: unit gradient golden parity property fault fuzz cli
	@$(call TEST,release) -L '^$*$$'

gradient: check-gradient ## compare every gradient with finite differences

fault: check-fault ## fail every allocation in turn

asan: ## run all tests under the address, leak and undefined-behaviour sanitizers
	@$(call BUILD,asan)
	@$(call TEST,asan)

ubsan: asan

tsan: ## run all tests under the thread sanitizer (clang)
	@$(call BUILD,tsan)
	@$(call TEST,tsan)

fuzz: ## hunt FUZZ_SECONDS in each parser for inputs that break it (clang)
	@$(call BUILD,fuzz)
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS)

golden: ## write the golden files again, from PyTorch (python3-torch)
	@$(NEEDS_TORCH)
	@$(PYTHON) scripts/golden

golden-check: ## fail if PyTorch would now write other golden files (python3-torch)
	@$(NEEDS_TORCH)
	@$(PYTHON) scripts/golden --check

bench: all ## measure, as JSON lines, beside PyTorch where that is installed
	@scripts/bench/run build/release $(THREADS)

lint: ## check layers, layout, warnings, lengths and what static analysis finds
	@scripts/lint

fmt: ## lay out the sources
	@scripts/sources | xargs clang-format -i

install: all ## copy to PREFIX (/usr/local), below DESTDIR
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove build/
	rm -rf build

help: ## print this
	@sed -n 's/^\([a-z%-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | \
	    awk -F '\t' '{ sub("%", "KIND", $$1); printf "make %-12s %s\n", $$1, $$2 }'
	@echo
	@echo "Variables: JOBS=N, ARGS='...' (demo), THREADS=N (bench), FUZZ_SECONDS=N, PREFIX, DESTDIR"

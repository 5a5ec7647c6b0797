# Thin on purpose: CMake builds, the scripts under tests/ test.
#   make          build/ingot            make check   all tests
#   make demo     a container and a machine, from scratch
JOBS ?= $(shell nproc)
PRESET ?= release
BUILD = $(if $(filter release,$(PRESET)),build,build-$(PRESET))

.PHONY: all deps test-deps demo check lint oracle repro boot-matrix bench fuzz clean

all: deps
	@cmake --preset $(PRESET) $(if $(V),,--log-level=WARNING) >$(if $(V),/dev/stderr,/dev/null)
	cmake --build $(BUILD) -j $(JOBS) --target ingot

deps:
	@.ci/deps build

test-deps:
	@.ci/deps build test

demo: all
	tests/demo.sh $(BUILD)/ingot

check: test-deps all
	cmake --build $(BUILD) -j $(JOBS)
	tests/run $(BUILD)

lint: test-deps all
	tests/run $(BUILD) lint

oracle: test-deps all
	INGOT_ORACLE=all tests/run $(BUILD) oracle

repro: test-deps all
	INGOT_REPRO=all tests/run $(BUILD) repro

# Every machine, bus, release and architecture; `make check` boots one.
boot-matrix: test-deps all
	INGOT_BOOT=all tests/run $(BUILD) boot

bench: test-deps all
	tests/bench/run $(BUILD)/ingot
	tests/bench/verify $(BUILD)/ingot

fuzz: test-deps
	tests/fuzz/run

clean:
	rm -rf build build-*

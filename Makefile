# The front door: `make` lists what there is. A Rust toolchain and a C compiler are all it takes.

# nextest when it is installed, otherwise cargo's own runner. (Looked up only by the target that uses it.)
RUN_TESTS = $(shell if cargo nextest --version >/dev/null 2>&1; \
	then echo cargo nextest run --workspace; \
	else echo cargo test --workspace --tests --no-fail-fast; fi)

# The program as a developer runs it. Whoever sets COTENANT_ENV is obeyed.
COTENANT = COTENANT_ENV="$${COTENANT_ENV:-development}" cargo run --bin cotenant --

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run dev migrate openapi test lint fmt check prove coverage bench clean-data tools

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: tools ## Start the server
	$(COTENANT) serve

dev: tools ## Start the server, and restart it when a source changes
	.config/dev-loop

migrate: tools ## Bring the database up to date
	$(COTENANT) migrate up

openapi: tools ## Print the OpenAPI document
	@$(COTENANT) openapi

test: tools ## Run every test, on SQLite and on a throwaway PostgreSQL
	cargo test --workspace --doc
	tests/with-redis tests/with-postgres $(RUN_TESTS)

prove: tools ## Try to break isolation, authorisation and durability, with the numbers of a proof
	tests/with-redis tests/with-postgres tests/prove

coverage: tools ## Print how many lines of each crate the tests reach
	tests/coverage

lint: tools ## Check formatting and lints; a warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt: tools ## Format the sources
	cargo fmt --all

check: lint test ## Everything that a change must pass

bench: tools ## Measure the server
	tests/bench/run

clean-data: ## Delete local data (var/): databases and whatever else the server wrote
	@test -d crates/server || { echo "Run this in the workspace folder." >&2; exit 1; }
	rm -rf var

# Without this, a missing tool surfaces as an error deep inside some dependency's build.
tools:
	@command -v cargo >/dev/null 2>&1 || { \
		echo "cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
	@cc --version >/dev/null 2>&1 || { \
		echo "A C compiler (cc) is missing: install build-essential (Debian, Ubuntu), gcc (Fedora, Arch)," >&2; \
		echo "build-base (Alpine), or run xcode-select --install (macOS)." >&2; exit 1; }

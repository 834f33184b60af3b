# The one entry point. `make` alone lists what there is.

CARGO ?= cargo
# Where tools and Kafka's jars are kept between checkouts.
ISOBAR_CACHE ?= $(HOME)/.cache/isobar
export ISOBAR_CACHE

# Where cargo builds, here or where the environment says.
RELEASE = $(or $(CARGO_TARGET_DIR),target)/release

.DEFAULT_GOAL := help
.PHONY: help stories up build test check fmt deny bench fuzz kill kill-wire kill-windows kill-alerts alert-latency freshness kill-brokers recovery acceptance grafana-schema grafana-speed clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

up: build ## see it work: the services on the embedded log, with generated events (UP="--plain --for 20s")
	@$(RELEASE)/isobar up $(UP)

build: ## everything, in release form
	@deploy/dev/prepare build
	$(CARGO) build --release --locked --workspace --bins

test: ## all tests, with real Kafka and real Postgres, which it starts by itself
	@deploy/dev/prepare test
	$(CARGO) test --release --locked --workspace

check: ## formats, lints, documentation, dependencies
	@deploy/dev/prepare build
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps --quiet
	@$(MAKE) --no-print-directory deny
	deploy/dev/check-scripts

fmt: ## format the code
	$(CARGO) fmt --all

DENY = $(ISOBAR_CACHE)/cargo-deny-0.20.2
deny: $(DENY)/bin/cargo-deny ## bans, licences and sources of dependencies
	$(DENY)/bin/cargo-deny --workspace check --hide-inclusion-graph bans licenses sources

$(DENY)/bin/cargo-deny:
	@echo "cargo-deny is not there yet: building it once, which takes some minutes"
	$(CARGO) install --quiet --locked --version 0.20.2 --root $(DENY) cargo-deny

bench: build ## what reading formats and what exactly-once cost, each beside its floor of the same run
	ISOBAR_BENCH_DATA=$(abspath $(ACCEPTANCE_DATA)/formats) $(CARGO) bench --locked --workspace --bench decode
	$(CARGO) bench --locked -p rules --bench match
	$(CARGO) bench --locked -p detect --bench detect
	$(CARGO) bench --locked -p analytics --bench detection
	$(CARGO) bench --locked -p incidents --bench incidents
	$(CARGO) bench --locked -p correlator --bench alerts
	$(CARGO) bench --locked -p correlator --bench engine
	$(CARGO) bench --locked -p correlator --bench patterns
	deploy/dev/with-kafka --brokers 1 -- $(RELEASE)/isobar-loadtest commit-cost
	deploy/dev/with-kafka --brokers 1 -- $(RELEASE)/isobar-loadtest passthrough
	$(RELEASE)/isobar-loadtest drain
	$(CARGO) bench --locked -p analytics-postgres --bench sink

fuzz: ## 10 million spoilt samples into every decoder (SEED=n repeats a run)
	ISOBAR_FUZZ_EXECUTIONS=10000000 ISOBAR_FUZZ_SEED=$(or $(SEED),1) \
	  $(CARGO) test --release --locked -p processors --test hostile -- --nocapture

kill: build ## kill-and-compare on real Kafka: kill -9, stops, joins and leaves (SEED=n repeats a run)
	$(RELEASE)/isobar-loadtest kill --brokers 1 $(if $(SEED),--seed $(SEED))

kill-wire: build ## the same of the processors: wire formats in, the balance has to close (SEED=n)
	$(RELEASE)/isobar-loadtest kill --service processors $(if $(SEED),--seed $(SEED))

kill-windows: build ## the same of the windows over metrics and their rows in Postgres: sink and server die as well (SEED=n)
	$(RELEASE)/isobar-loadtest kill --service metric-windows --sink-kills 12 --database-kills 2 $(if $(SEED),--seed $(SEED))

kill-alerts: build ## the same of alerts and notifications, beside one undisturbed reading of the same signals (SEED=n)
	$(RELEASE)/isobar-loadtest kill --service correlator --records 50000 $(if $(SEED),--seed $(SEED))

stories: build ## how much of stories across sources is put together, beside plain rules (STORIES="--noise many")
	@$(RELEASE)/isobar-loadtest stories $(STORIES)

alert-latency: build ## how soon a signal is an alert that others can read, at 10,000 a second, beside a pass-through
	$(RELEASE)/isobar-loadtest alert-latency

freshness: build ## how soon points are in Postgres, and windows final, at 50,000 points a second
	$(RELEASE)/isobar-loadtest freshness

kill-brokers: build ## the same on three brokers, with the leader killed as well
	$(RELEASE)/isobar-loadtest kill --brokers 3 --broker-kills 3 $(if $(SEED),--seed $(SEED))

recovery: build ## how soon work goes on after a crash, a lost worker and an orderly end
	$(RELEASE)/isobar-loadtest recovery

# Labelled sets and real samples are not part of this repository.
ACCEPTANCE_DATA ?= ../shared/data
acceptance: build ## figures over data kept outside of this repository (ACCEPTANCE_DATA=folder)
	@test -d $(ACCEPTANCE_DATA)/formats || { \
	  echo "no acceptance data: $(ACCEPTANCE_DATA)/formats is no folder; give ACCEPTANCE_DATA=FOLDER" >&2; exit 1; }
	@mkdir -p target/acceptance
	$(RELEASE)/isobar normalize --input $(ACCEPTANCE_DATA)/formats --output target/acceptance/formats.ndjson \
	  --dead-letter target/acceptance/formats.dead.ndjson --summary target/acceptance/formats.json
	@cat target/acceptance/formats.json
	tests/acceptance/fill_rates.py $(RELEASE)/isobar $(ACCEPTANCE_DATA)/correlation/panther-tests
	@mkdir -p target/acceptance/sigma
	tests/acceptance/sigma_parity.py $(RELEASE)/isobar $(ACCEPTANCE_DATA)/correlation target/acceptance/sigma
	tests/acceptance/incidents.py $(RELEASE)/isobar $(ACCEPTANCE_DATA)/correlation target/acceptance/incidents
	tests/acceptance/rank.py $(RELEASE)/isobar $(ACCEPTANCE_DATA)/correlation/petshop
	tests/acceptance/detect.py $(RELEASE)/isobar $(ACCEPTANCE_DATA)/anomaly target/acceptance/detect

grafana-schema: ## Grafana's files against Grafana's schemas, kept outside of this repository (ACCEPTANCE_DATA=folder)
	@test -d $(ACCEPTANCE_DATA)/k8s-grafana-schemas/grafana || { \
	  echo "no schemas: $(ACCEPTANCE_DATA)/k8s-grafana-schemas/grafana is no folder; give ACCEPTANCE_DATA=FOLDER" >&2; exit 1; }
	ISOBAR_SHARED=$(abspath $(ACCEPTANCE_DATA)) $(CARGO) test --release --locked --test e2e grafana::shape

grafana-speed: ## each panel of the dashboards on ten million rows: takes some fifteen minutes and 6 GB in /tmp
	@deploy/dev/prepare test
	$(CARGO) test --release --locked --test e2e grafana::speed -- --ignored --nocapture

clean: ## what was built here
	$(CARGO) clean

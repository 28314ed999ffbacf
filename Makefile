# For people and packagers: `make`, `make install`. Everything else is for development; `make help` lists it.

PREFIX ?= /usr/local
# Where Wireshark is: it looks for capture programs only there.
WIRESHARK_PREFIX ?= $(PREFIX:/usr/local=/usr)
# The folders that Wireshark looks in, up to 4.4 and from 4.6 on.
triplet := $(shell dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || cc -print-multiarch 2>/dev/null)
LIBDIR ?= $(WIRESHARK_PREFIX)/lib$(if $(triplet),/$(triplet),$(if $(wildcard /usr/lib64/wireshark),64))
EXTCAPDIRS ?= $(LIBDIR)/wireshark/extcap $(WIRESHARK_PREFIX)/libexec/wireshark/extcap
# Lua scripts for all versions, and profiles that users get a copy of when they choose one.
PLUGINDIR ?= $(LIBDIR)/wireshark/plugins
PROFILEDIR ?= $(WIRESHARK_PREFIX)/share/wireshark/profiles
# The library for C.
LIBRARYDIR ?= $(LIBDIR:$(WIRESHARK_PREFIX)/%=$(PREFIX)/%)
PKGCONFIGDIR ?= $(LIBRARYDIR)/pkgconfig
INCLUDEDIR ?= $(PREFIX)/include
# The notice of third-party code, and the page of Wireshark's Help button: the program looks for it from its own place.
HTMLDIR = $(PREFIX)/share/doc/sflowdump
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

export PATH := $(PATH):$(HOME)/.cargo/bin
CARGO ?= cargo
# Of the program: kafka, or nothing.
FEATURES ?= kafka
features = $(if $(FEATURES),--features $(FEATURES))
CARGO_TARGET_DIR ?= target
release = $(CARGO_TARGET_DIR)/release
program = $(release)/sflowdump
library = $(release)/libsflowcap

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
abi := $(shell sed -n 's/^\#define SFLOWCAP_ABI_VERSION //p' include/sflowcap.h)
soname = libsflowcap.so.$(abi)

.PHONY: build library help demo link unlink install install-program install-library uninstall test test-wireshark-versions test-tools bench soak fuzz lint pages doc msrv deny dist deb test-packages test-containers third-party screenshot clean

build: library ## build the program, and the library for C (the default)
	$(CARGO) build --release --locked --package sflowdump $(features)

library: ## build the library for C
	$(CARGO) build --release --locked --package libsflowcap
	@# What a program needs that has the library in itself; compilers for C link libgcc and libc anyway.
	@echo | rustc --crate-type staticlib --print native-static-libs -o $(release)/none.a - 2>&1 \
		| sed -n 's/^note: native-static-libs: //p' | sed 's/-lgcc_s *//; s/ *-lc$$//' >$(library).libs
	@rm -f $(release)/none.a

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 26

demo: ## see it work: tshark decodes a recorded feed
	@scripts/apt-install.sh gcc libc6-dev tshark
	$(CARGO) build --release --locked --package sflowdump $(features)
	@$(program) --install
	@scripts/demo.sh $(release)

link: build ## let this user's Wireshark and tshark find the built program
	$(program) --install

unlink: $(program) ## undo link
	$(program) --uninstall

$(program):
	$(MAKE) build

$(library).libs:
	$(MAKE) library

install: install-program install-library ## install below PREFIX (/usr/local), for all users

install-program: $(program) ## the program alone
	install -d $(addprefix $(DESTDIR),$(PREFIX)/bin $(MANDIR)/man1 $(BASHDIR) $(ZSHDIR) $(FISHDIR) $(EXTCAPDIRS) $(PLUGINDIR) $(PROFILEDIR)/sFlow $(HTMLDIR))
	install -m 755 $(program) $(DESTDIR)$(PREFIX)/bin/sflowdump
	install -m 644 packaging/man/sflowdump.1 $(DESTDIR)$(MANDIR)/man1/sflowdump.1
	install -m 644 packaging/wireshark/sflowdump.html $(DESTDIR)$(HTMLDIR)/sflowdump.html
	install -m 644 packaging/THIRD-PARTY $(DESTDIR)$(HTMLDIR)/THIRD-PARTY
	install -m 644 packaging/completions/sflowdump.bash $(DESTDIR)$(BASHDIR)/sflowdump
	install -m 644 packaging/completions/_sflowdump $(DESTDIR)$(ZSHDIR)/_sflowdump
	install -m 644 packaging/completions/sflowdump.fish $(DESTDIR)$(FISHDIR)/sflowdump.fish
	for folder in $(EXTCAPDIRS); do ln -sfr $(DESTDIR)$(PREFIX)/bin/sflowdump $(DESTDIR)$$folder/sflowdump; done
	install -m 644 packaging/wireshark/sflowdump.lua $(DESTDIR)$(PLUGINDIR)/sflowdump.lua
	install -m 644 packaging/wireshark/profiles/sFlow/* $(DESTDIR)$(PROFILEDIR)/sFlow

install-library: $(library).libs ## the library for C alone
	install -d $(addprefix $(DESTDIR),$(LIBRARYDIR) $(PKGCONFIGDIR) $(INCLUDEDIR))
	install -m 644 $(library).so $(DESTDIR)$(LIBRARYDIR)/$(soname).$(version)
	ln -sf $(soname).$(version) $(DESTDIR)$(LIBRARYDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBRARYDIR)/libsflowcap.so
	install -m 644 $(library).a $(DESTDIR)$(LIBRARYDIR)/libsflowcap.a
	install -m 644 include/sflowcap.h $(DESTDIR)$(INCLUDEDIR)/sflowcap.h
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBRARYDIR:$(PREFIX)/%=$${prefix}/%)|; s|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|; s|@VERSION@|$(version)|' \
		packaging/sflowcap.pc.in | sed "s|@LIBS@|$$(cat $(library).libs)|" >$(DESTDIR)$(PKGCONFIGDIR)/sflowcap.pc
	chmod 644 $(DESTDIR)$(PKGCONFIGDIR)/sflowcap.pc
	$(if $(DESTDIR),,$(if $(filter /usr /usr/local,$(PREFIX)),ldconfig))

uninstall: ## undo install
	rm -f $(DESTDIR)$(PREFIX)/bin/sflowdump $(DESTDIR)$(MANDIR)/man1/sflowdump.1
	rm -f $(addprefix $(DESTDIR),$(BASHDIR)/sflowdump $(ZSHDIR)/_sflowdump $(FISHDIR)/sflowdump.fish)
	rm -f $(foreach folder,$(EXTCAPDIRS),$(DESTDIR)$(folder)/sflowdump) $(DESTDIR)$(PLUGINDIR)/sflowdump.lua
	rm -rf $(DESTDIR)$(PROFILEDIR)/sFlow $(DESTDIR)$(HTMLDIR)
	rm -f $(addprefix $(DESTDIR)$(LIBRARYDIR)/,libsflowcap.a libsflowcap.so $(soname) $(soname).$(version))
	rm -f $(DESTDIR)$(PKGCONFIGDIR)/sflowcap.pc $(DESTDIR)$(INCLUDEDIR)/sflowcap.h

test: test-tools ## run all tests, with all the tools they know how to use
	SFLOWDUMP_TEST_REQUIRE_TOOLS=1 $(CARGO) test --workspace --locked $(FEATURES:%=--features sflowdump/%)

test-wireshark-versions: ## test Wireshark's side with Wireshark 4.4 and 4.6, in chroots (Debian, as root)
	packaging/wireshark/test-versions.sh

test-tools: ## install those tools (Debian)
	@scripts/install-test-tools.sh

bench: ## what it costs and carries, beside a bare receive loop (some minutes, on a machine with nothing else to do)
	$(CARGO) bench --locked --package sflowdump $(features) --bench live
	$(if $(FEATURES),$(CARGO) bench --locked --package sflowdump $(features) --bench kafka)
	$(CARGO) bench --locked --package sflowcap --bench decode
	$(CARGO) bench --locked --package libsflowcap --bench c
	scripts/bench-instructions.sh

SECONDS ?= 60
soak: ## a fast feed through tshark, with readers that stall: nothing may go uncounted, or grow (SECONDS=1800)
	SFLOWDUMP_SOAK=$(SECONDS) $(CARGO) test --release --locked --package sflowdump $(features) --test load -- --nocapture --test-threads 1

fuzz: ## random input, a minute for each border (SECONDS=…)
	scripts/fuzz.sh $(SECONDS)

lint: ## format, clippy, rustdoc, shell scripts, and files that must agree with others
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) clippy --package sflowdump --features kafka --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --features sflowdump/kafka
	if command -v shellcheck; then shellcheck .ci/run scripts/*.sh docs/*.sh packaging/docker/entry-*; fi
	python3 fixtures/generate.py /dev/stdout | cmp - fixtures/demo.pcap
	$(pages) $(CARGO_TARGET_DIR)/pages
	diff -r packaging/completions $(CARGO_TARGET_DIR)/pages/completions
	diff packaging/man/sflowdump.1 $(CARGO_TARGET_DIR)/pages/man/sflowdump.1
	if command -v mandoc; then mandoc -Tlint packaging/man/sflowdump.1 && $(html) | diff packaging/wireshark/sflowdump.html -; fi
	$(CARGO) build --locked --package sflowdump --features kafka
	scripts/check-options.sh $(CARGO_TARGET_DIR)/debug/sflowdump
	scripts/third-party.sh check

pages = $(CARGO) run --quiet --locked --package sflowdump --features kafka --example pages -- packaging/man

# For Wireshark's Help button. It is kept, so that building needs no mandoc.
html = mandoc -T html packaging/man/sflowdump.1

pages: ## make the manual page and the shells' completions anew, after a change of the options or of the page
	$(pages) packaging
	$(html) >packaging/wireshark/sflowdump.html

doc: ## the library's documentation
	$(CARGO) doc --workspace --no-deps --locked

msrv: ## build with the oldest supported compiler, Debian 13's (as root)
	scripts/msrv.sh

deny: ## whether licences and sources of all crates are such as may be passed on (needs cargo-deny)
	$(CARGO) deny --all-features check licenses bans sources

third-party: ## make the notice of third-party code anew, after a change of the crates (needs cargo-about)
	scripts/third-party.sh write

dist: ## the last commit's source with all crates, for packagers: dist/
	scripts/dist.sh dist

deb: ## build Debian packages from that, in target/deb
	scripts/deb.sh $(CARGO_TARGET_DIR)/deb

SUITES ?= bookworm trixie sid
test-packages: deb ## install, use and purge those packages in a fresh Debian of each of SUITES (as root)
	scripts/test-packages.sh $(CARGO_TARGET_DIR)/deb $(SUITES)

test-containers: dist ## build the container images and run them (Debian, as root)
	scripts/test-containers.sh dist

screenshot: test-tools ## the pictures in the documents, by the tests of Wireshark's windows (Debian 12)
	SFLOWDUMP_TEST_REQUIRE_TOOLS=1 $(CARGO) test --locked --package sflowdump $(features) --test gui
	docs/pictures.sh $(CARGO_TARGET_DIR)/tmp

clean: ## remove what was built
	$(CARGO) clean

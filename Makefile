# funkytown - make, make check, make lint, make install PREFIX= DESTDIR=
VERSION = 0.1.0
PREFIX = /usr/local
CC = cc
CFLAGS = -O2 -g
WERROR =

PROGRAMS = ft-expand ft-push ft-pop ft-run ft-result ft-stats ft-report-html \
	ft-sim

# Who is made of what, beside the base that all share.
base = mem clock opt utf8 jsonl jsonl_place jsonl_print record record_words record_read
queue = estimate queue queue_current queue_push queue_batch queue_pop queue_note queue_hold \
	queue_report queue_look queue_read queue_history \
	redis redis_wait redis_request redis_dial redis_tls
runner = runner runner_check runner_words runner_admit runner_plan runner_judge \
	verdict verdict_playwright verdict_mocha verdict_cypress verdict_junit \
	json path text
ft-expand = weight expand expand_words expand_spec expand_map expand_twins \
	$(runner)
ft-push = history fold json split $(display) $(queue)
ft-pop = $(queue)
ft-run = worker pile prefetch slots crew crew_start share foreground attempt rerun keep cache folder child \
	supervisor launch sweep oom $(display) $(runner)
ft-result = $(queue)
summary = summary summary_numbers summary_json names
display = display progress screen screen_text $(summary)
ft-stats = figures newest fold json $(display) $(queue)
ft-report-html = fold json page page_verdict page_tasks page_charts entry entry_article chart timeline html $(display)
ft-sim = sim sim_play split names $(queue)

PKGS = libcjson hiredis
PKG_CONFIG = pkg-config
missing := $(strip $(foreach p,$(PKGS),$(shell $(PKG_CONFIG) --exists $(p) || echo $(p))))
ifneq ($(missing),)
ifeq ($(filter clean uninstall,$(MAKECMDGOALS)),)
$(error pkg-config finds no $(missing): apt-get install libhiredis-dev libcjson-dev pkg-config)
endif
endif

# TLS to Redis where hiredis has it, from 1.0 on; TLS= leaves it out.
TLS := $(shell $(PKG_CONFIG) --exists hiredis_ssl libssl && echo hiredis_ssl libssl libcrypto)
build/redis_tls.o: override CPPFLAGS += $(if $(TLS),-DFT_TLS)

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 $(WERROR)
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
override CPPFLAGS += -D_GNU_SOURCE -DFT_VERSION='"$(VERSION)"' -Ilib -Ibuild
cflags = -std=c11 $(WARNINGS) $(HARDEN) $(CPPFLAGS) $(CFLAGS) \
	$(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PKGS) $(TLS)))
override LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS = $(shell $(PKG_CONFIG) --libs libcjson) -lm
hiredis = $(if $(filter build/redis.o,$^),$(shell $(PKG_CONFIG) --libs $(TLS) hiredis))

binaries = $(PROGRAMS:%=bin/%)
units = $(patsubst test/unit/%.c,build/unit-%,$(wildcard test/unit/*.c))

all: $(binaries)

-include $(wildcard build/*.d)

build/%.o: lib/%.c | build
	$(CC) $(cflags) -MMD -MP -c -o $@ $<

build/%.o: src/%.c | build
	$(CC) $(cflags) -MMD -MP -c -o $@ $<

.SECONDEXPANSION:
$(binaries): bin/%: build/%.o $$(foreach m,$$(base) $$($$*),build/$$m.o) | bin
	$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(hiredis)

bin build build/lua:
	mkdir -p $@

# The queue's scripts stay real files; each begins with the parts that it uses.
run = announced cancel divide look push seal
lua = $(run) beat finish held history leave pop publish
$(foreach script,$(run),$(eval with_$(script) = common))
with_leave = common instance
with_beat = common instance
with_held = common instance undelivered
with_finish = common instance verdict choose crew lease
with_pop = $(with_finish) undelivered
build/lua/%.lua: $$(foreach part,$$(with_$$*) $$*,lib/lua/$$(part).lua) | build/lua
	cat $(filter %.lua,$^) >$@
build/lua.h: $(lua:%=build/lua/%.lua) scripts/embed.sh
	scripts/embed.sh $(filter %.lua,$^) >$@
build/queue.o: build/lua.h

build/runners.h: lib/runners.json scripts/embed.sh | build
	scripts/embed.sh lib/runners.json >$@
build/runner.o: build/runners.h
build/reporter.h: lib/reporter.cjs scripts/embed.sh | build
	scripts/embed.sh lib/reporter.cjs >$@
build/share.o: build/reporter.h

# The page's skeleton, its style and its script, each of several parts in this
# order, and the hashes by which its own Content-Security-Policy knows them.
styles = base verdict failures table timeline totals narrow print
scripts = base table address timeline refresh start
sha256 = sha256sum $(1) | cut -c1-64 | tr a-f A-F | basenc -d --base16 | base64
build/page.css: $(styles:%=lib/report/%.css) | build
	cat $^ >$@
build/page.js: $(scripts:%=lib/report/%.js) | build
	cat $^ >$@
build/page.o: build/report.h
build/report.h: lib/report/page.html build/page.css build/page.js scripts/embed.sh
	sh scripts/embed.sh $(filter-out %.sh,$^) >$@.new
	echo "#define REPORT_STYLE_SHA256 \"$$($(call sha256,build/page.css))\"" >>$@.new
	echo "#define REPORT_SCRIPT_SHA256 \"$$($(call sha256,build/page.js))\"" >>$@.new
	mv $@.new $@

# Unit tests: a program a module that prints TAP.
build/unit-summary: $(summary:%=build/%.o)
build/unit-runner: $(runner:%=build/%.o)
build/unit-child: build/supervisor.o build/launch.o build/sweep.o build/oom.o \
	build/folder.o
build/unit-%: test/unit/%.c build/%.o $(base:%=build/%.o) | build
	$(CC) $(cflags) $(LDFLAGS) -o $@ $(sort $^) $(LDLIBS)

# The long ones first. TESTS= narrows it: make check TESTS=test/ft-pop.bats
long = test/run-on-k8s.bats test/ends.bats
TESTS = $(units) $(long) $(filter-out $(long),$(wildcard test/*.bats))
check: all $(units) build/chaos-proxy build/chaos-forget.so
	PATH="$(CURDIR)/bin:$$PATH" prove -j 2 --timer --failures --comments $(IMAGE) $(TESTS)

# Trees of their own for the whole suite once more: TREE gets what git knows.
define tree
	rm -rf $(1) && mkdir -p $(1)
	git ls-files -z | xargs -0 cp --parents -t $(1)
	[ ! -d specs/node_modules ] || cp -al specs/node_modules $(1)/specs
endef

sanitize:
	$(call tree,build/sanitize)
	$(MAKE) -C build/sanitize check FT_SANITIZE=1 HARDEN=-fPIE \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined'

# A process that is killed writes down nothing, so this is the least that ran.
coverage:
	$(call tree,build/coverage)
	status=0; $(MAKE) -C build/coverage check FT_COVERAGE=1 HARDEN=-fPIE \
		CFLAGS='-O0 -g --coverage -include test/coverage.h' || status=$$?; \
	test/coverage.sh build/coverage 90 && exit $$status

# Each program under valgrind: an error or a leak is exit status 99. Left out is
# what runs no program of ours (formats fuzz k8s layers man model), what looks at
# the built files (hardening install), what measures time or memory (bench
# memory), and what finds processes by the names that valgrind takes from them
# (chaos ends). Units are not programs, and the sanitizers have them. Not optimized:
# what err() is called with would not be on the stack any more, and be a leak.
valgrind_not = bench chaos ends formats fuzz hardening install k8s layers man memory model
VALGRIND_TESTS = $(filter-out $(valgrind_not:%=test/%.bats),$(wildcard test/*.bats))
valgrind:
	$(call tree,build/valgrind)
	$(MAKE) -C build/valgrind all build/chaos-proxy build/chaos-forget.so \
		CFLAGS='-O0 -g'
	test/valgrind.sh build/valgrind
	status=0; $(MAKE) -C build/valgrind check FT_VALGRIND=1 CFLAGS='-O0 -g' \
		TESTS='$(VALGRIND_TESTS)' || status=$$?; \
	! cat build/valgrind/log/* | grep . && exit $$status

# In bats files others use variables and functions, and a cd that fails ends a
# test; notes are left out, since most are on jq in single quotes.
# clang-tidy gets one file a call: of the second it says that va_start did nothing.
sources = $(wildcard src/*.c lib/*.c test/*/*.c)
lint: build/lua.h build/runners.h build/reporter.h build/report.h
	clang-format --dry-run -Werror $(sources) $(wildcard lib/*.h test/*/*.h)
	shellcheck -x -P SCRIPTDIR .ci/run $(wildcard scripts/*.sh test/*.sh test/*/*.sh) \
		$(filter-out %/syntax_error,$(wildcard test/runners/command/*))
	shellcheck -S warning -e SC2034,SC2120,SC2154,SC2164 $(wildcard test/*.bats test/*.bash)
	cppcheck --quiet --error-exitcode=1 --inline-suppr -Ilib -Ibuild \
		--enable=warning,performance,portability $(sources)
	for file in $(sources); do clang-tidy --quiet --warnings-as-errors='*' \
		$$file -- -std=c11 $(CPPFLAGS) || exit; done

# Each parser under a fuzzer for FUZZ_S= seconds, with ASan and UBSan; FUZZ=
# names some. What it finds worth keeping stays in build/fuzz/corpus.
FUZZ = jsonl map record runners verdict page text redis
FUZZ_S = 20
fuzz_cc = clang -std=c11 -Werror -O1 -g -fno-omit-frame-pointer $(CPPFLAGS) \
	$(shell $(PKG_CONFIG) --cflags $(PKGS)) \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
fuzz_wrap = malloc calloc realloc free strdup strndup vasprintf \
	warn warnx err errx exit
build/fuzz-redis: fuzz_wrap += redisConnectUnixWithTimeout redisSetTimeout redisFree \
	redisGetReplyFromReader freeReplyObject \
	clock_mono_ms nanosleep
fuzz_lib = $(patsubst lib/%.c,build/fuzz/%.o,$(wildcard lib/*.c))
build/fuzz/%.o: lib/%.c $(binaries)
	@mkdir -p build/fuzz
	$(fuzz_cc) -fsanitize=fuzzer-no-link -c -o $@ $<
build/fuzz-%: test/fuzz/%.c test/fuzz/fuzz.c test/fuzz/fuzz.h $(fuzz_lib)
	$(fuzz_cc) -fsanitize=fuzzer -o $@ $(filter %.c %.o,$^) \
		$(fuzz_wrap:%=-Wl,--wrap=%) \
		$(shell $(PKG_CONFIG) --libs $(PKGS)) -lm
fuzz: $(FUZZ:%=build/fuzz-%)
	for target in $(FUZZ); do test/fuzz/run.sh $$target $(FUZZ_S) || exit; done

# The lease protocol, further than the tests look: ten minutes, 8 GB.
model:
	test/model/run.sh -DFAULTS=2
	test/model/run.sh -DFAULTS=3 -DRETRIES=0
	test/model/run.sh -l -DFAULTS=2 -DRETRIES=0

# A run under faults: CHAOS_S= seconds of them, SEED= which, WORKERS=, TASKS=.
build/chaos-proxy: test/chaos/proxy.c | build
	$(CC) $(cflags) $(LDFLAGS) -o $@ $<
chaos: all build/chaos-proxy
	PATH="$(CURDIR)/bin:$$PATH" test/chaos/run.sh

# What a server loses with its power: five minutes.
build/chaos-forget.so: test/chaos/forget.c | build
	$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(cflags)) -shared -fPIC -o $@ $< -ldl -lpthread
power: all build/chaos-forget.so
	PATH="$(CURDIR)/bin:$$PATH" test/chaos/power.sh

# Side by side with what others offer: PART= one, ROUNDS= how often.
build/bench-%: test/bench/%.c $(base:%=build/%.o) $(queue:%=build/%.o) | build
	$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(hiredis)
build/bench-sleep build/bench-clock: build/bench-%: test/bench/%.c | build
	$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(cflags)) -static -o $@ $<
bench: all $(patsubst test/bench/%.c,build/bench-%,$(wildcard test/bench/*.c))
	test/bench/run.sh $(PART) $(ARGS)

# Every end of every runner, for real: wdio is installed for it, Cypress must be.
runners-test: all
	FT_ALL_RUNNERS=1 PATH="$(CURDIR)/bin:$$PATH" bats test/runners.bats

image:
	scripts/build-image.sh

# The images built and run as a cluster would, with faults: as root, with podman.
image-test:
	prove -v test/image/run.sh

# What serves this tree alone is not installed.
tree_only = build-image check embed install-cypress install-packages node \
	npm-ci quickstart
share = $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(share)/funkytown/scripts \
		$(share)/funkytown/jq $(share)/funkytown/k8s $(share)/man/man1 $(share)/man/man5 \
		$(share)/man/man7
	install -m 755 $(binaries) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(filter-out $(tree_only:%=scripts/%.sh),$(wildcard scripts/*.sh)) \
		$(share)/funkytown/scripts
	install -m 644 scripts/*.conf $(share)/funkytown/scripts
	install -m 644 lib/jq/*.jq $(share)/funkytown/jq
	cp -R k8s/. $(share)/funkytown/k8s
	install -m 644 src/*.1 $(share)/man/man1
	install -m 644 src/*.5 $(share)/man/man5
	install -m 644 src/*.7 $(share)/man/man7

uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(PROGRAMS)
	rm -rf $(share)/funkytown
	cd $(share)/man && rm -f $(patsubst src/%,man1/%,$(wildcard src/*.1)) \
		man5/ft-runners.5 $(patsubst src/%,man7/%,$(wildcard src/*.7))

clean:
	rm -rf bin build

.PHONY: all check runners-test sanitize coverage valgrind lint fuzz model chaos power bench image image-test install uninstall clean

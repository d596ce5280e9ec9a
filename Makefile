# funkytown - make, make check, make lint, make install PREFIX= DESTDIR=
VERSION = 0.1.0
PREFIX = /usr/local
CC = cc
CFLAGS = -O2 -g
WERROR =

PROGRAMS = ft-expand ft-push ft-pop ft-run ft-result ft-stats ft-report-html

# Who is made of what, beside the base that all share.
base = mem clock opt jsonl record
queue = queue queue_push queue_pop queue_report queue_read redis
runner = runner runner_check runner_words runner_plan runner_judge verdict \
	verdict_playwright verdict_mocha verdict_cypress verdict_junit \
	json path text
ft-expand = expand expand_words expand_map expand_twins $(runner)
ft-push = history $(queue)
ft-pop = $(queue)
ft-run = child $(runner)
ft-result = $(queue)
ft-stats = summary names $(queue)
ft-report-html = page timeline html summary names

PKGS = libcjson hiredis
PKG_CONFIG = pkg-config
missing := $(strip $(foreach p,$(PKGS),$(shell $(PKG_CONFIG) --exists $(p) || echo $(p))))
ifneq ($(missing),)
ifeq ($(filter clean uninstall,$(MAKECMDGOALS)),)
$(error pkg-config finds no $(missing): apt-get install libhiredis-dev libcjson-dev pkg-config)
endif
endif

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 $(WERROR)
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
override CPPFLAGS += -D_GNU_SOURCE -DFT_VERSION='"$(VERSION)"' -Ilib -Ibuild
cflags = -std=c11 $(WARNINGS) $(HARDEN) $(CPPFLAGS) $(CFLAGS) \
	$(shell $(PKG_CONFIG) --cflags $(PKGS))
override LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS = $(shell $(PKG_CONFIG) --libs libcjson) -lm

binaries = $(PROGRAMS:%=bin/%)
sources = $(wildcard src/*.c lib/*.c test/unit/*.c)

all: $(binaries)

-include $(wildcard build/*.d)

build/%.o: lib/%.c | build
	$(CC) $(cflags) -MMD -MP -c -o $@ $<

build/%.o: src/%.c | build
	$(CC) $(cflags) -MMD -MP -c -o $@ $<

build/runners.h: lib/runners.json scripts/embed.sh | build
	scripts/embed.sh lib/runners.json > $@
build/runner.o: build/runners.h

.SECONDEXPANSION:
$(binaries): bin/%: build/%.o $$(foreach m,$$(base) $$($$*),build/$$m.o) | bin
	$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS) \
		$(if $(filter build/redis.o,$^),$(shell $(PKG_CONFIG) --libs hiredis))

bin build:
	mkdir -p $@

# The scripts stay real files; each begins with what all of them share.
lua = $(filter-out lib/lua/common.lua lib/lua/history.lua,$(wildcard lib/lua/*.lua))
build/lua/%.lua: lib/lua/common.lua lib/lua/%.lua
	mkdir -p build/lua
	cat $^ >$@
build/lua/history.lua: lib/lua/history.lua
	mkdir -p build/lua
	cp $< $@
build/lua.h: $(lua:lib/%=build/%) build/lua/history.lua scripts/embed.sh
	scripts/embed.sh $(filter %.lua,$^) >$@
build/queue.o: build/lua.h

# Unit tests: a TAP program a module, test/unit/MODULE.c.
build/unit-summary: build/names.o
build/unit-runner: $(runner:%=build/%.o)
build/unit-%: test/unit/%.c build/%.o $(base:%=build/%.o) | build
	$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS)

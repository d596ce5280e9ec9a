# funkytown - make, make check, make lint, make install PREFIX= DESTDIR=
VERSION = 0.1.0
PREFIX = /usr/local
CC = cc
CFLAGS = -O2 -g
WERROR =

PROGRAMS = ft-expand ft-push ft-pop ft-run ft-result ft-stats ft-report-html

# Who is made of what, beside the base that all share.
base = mem clock opt jsonl record
queue = queue redis
ft-expand = expand runner
ft-push = $(queue)
ft-pop = $(queue)
ft-run = child runner
ft-result = $(queue)
ft-stats = summary $(queue)
ft-report-html = page summary

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

.SECONDEXPANSION:
$(binaries): bin/%: build/%.o $$(foreach m,$$(base) $$($$*),build/$$m.o) | bin
	$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS) \
		$(if $(filter build/redis.o,$^),$(shell $(PKG_CONFIG) --libs hiredis))

bin build:
	mkdir -p $@

# The lease protocol, further than the tests look: five minutes, 4 GB.
model:
	test/model/run.sh -DFAULTS=2
	test/model/run.sh -DFAULTS=3 -DRETRIES=0
	test/model/run.sh -l -DFAULTS=2 -DRETRIES=0

.PHONY: model

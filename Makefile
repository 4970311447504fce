# tallygate - one Makefile, no recursion, out of tree in $(B), dependencies by the compiler.  `make help` lists the targets.
B         ?= build
ifeq ($(origin CC),default)
CC         = gcc
endif
CFLAGS    ?= -O2 -g
WARN       = -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARN) -MMD -MP -fPIC -fvisibility=hidden -fno-strict-overflow $(CFLAGS)
LDFLAGS   ?= -Wl,-z,relro,-z,now

# Each module pays for its own library and names what it shares.
SHARED_bai2 = bai2_codes bai2_detail bai2_fast bai2_fields bai2_find bai2_frame bai2_options
SHARED_mt940 = chain charset mt940_chain mt940_envelope mt940_fields mt940_find mt940_message mt940_tags mt940_take mt940_text strict
SHARED_camt = camt_entry camt_find camt_paths camt_prove camt_statement camt_values chain charset strict xml
LDLIBS_camt = -lxml2
LDLIBS_payroll = -lcsv
SHARED_nacha = nacha_balance nacha_codes nacha_days nacha_entry nacha_extra nacha_fast nacha_findings nacha_iat nacha_iat_write nacha_note nacha_options nacha_read nacha_tables nacha_write
SHARED_payroll = payroll_find payroll_values seen $(SHEET)
XML_CFLAGS = -isystem /usr/include/libxml2
$(B)/formats/lib/xml.o: ALL_CFLAGS += $(XML_CFLAGS)
SHEET = csv lines sheet strict values
SHARED_ack = $(SHEET) seen
LDLIBS_ack = -lcsv
SHARED_book = $(SHEET) seen
LDLIBS_book = -lcsv
SHARED_csvstmt = $(SHEET)
LDLIBS_csvstmt = -lcsv
SHARED_confirm = $(SHEET) seen
LDLIBS_confirm = -lcsv
SHARED_hcm = charset hcm_values hcm_versions strict values xml
SHARED_hdl = hcm_values hcm_versions hdl_find hdl_people lines strict values
LDLIBS_hcm = -lxml2
SHARED_check = $(FLAT)
SHARED_pospay = $(FLAT)
SHARED_rollover = $(FLAT)
FLAT = flat flat_read flat_write lines seen strict values

CHANNEL_LIBS = -lcrypto -lzmq -lssh
GATEWAY_LIBS = $(CHANNEL_LIBS) -lpcre2-8 -lsqlite3 -lconfig -lseccomp -ljansson -lsystemd -ldl -lpthread

obj = $(patsubst %.c,$(B)/%.o,$(1))
CORE     = $(call obj,$(wildcard formats/core/*.c))
MODULES  = $(patsubst formats/%.c,$(B)/modules/%.so,$(wildcard formats/*.c))
RULES    = $(call obj,$(wildcard rules/*.c))
CHANNELS = $(call obj,$(wildcard channels/*.c))
GATEWAY  = $(call obj,$(filter-out gateway/tallygate.c gateway/tallygated.c,$(wildcard gateway/*.c gateway/cli/*.c gateway/cli/*/*.c)))
ROLES    = $(call obj,$(wildcard gateway/roles/*.c gateway/roles/*/*.c))
BINS     = $(B)/bin/tallygate $(B)/bin/tallygated

# A test links only what its folder may know: the layers prove themselves.
TESTS_core     = $(patsubst %.c,$(B)/%,$(wildcard tests/core/*_test.c))
TESTS_formats  = $(patsubst %.c,$(B)/%,$(wildcard tests/formats/*_test.c))
TESTS_rules    = $(patsubst %.c,$(B)/%,$(wildcard tests/rules/*_test.c))
TESTS_channels = $(patsubst %.c,$(B)/%,$(wildcard tests/channels/*_test.c))
TESTS_gateway  = $(patsubst %.c,$(B)/%,$(wildcard tests/gateway/*_test.c))
TESTS          = $(TESTS_core) $(TESTS_formats) $(TESTS_rules) $(TESTS_channels) $(TESTS_gateway)
SCENARIOS      = $(sort $(wildcard tests/scenario/[0-9]*))
TOOLS          = $(patsubst %.c,$(B)/%,$(wildcard tests/scenario/*.c))
REPLAYS        = $(patsubst tests/fuzz/%_fuzz.c,$(B)/replay/%,$(wildcard tests/fuzz/*_fuzz.c))
BENCHES        = $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))

all: $(BINS) $(MODULES)

help:
	@echo "make            binaries and modules in $(B)/"
	@echo "make demo       plays one pay run on real parts and says what happened"
	@echo "make check      everything and its tests (as root also the users of the roles)"
	@echo "make asan       the same tests under AddressSanitizer and UBSan"
	@echo "make bench      figures: encodings, bus leg, SFTP, from drop to last ack"
	@echo "make docs       writes the tables in docs/ from the program"
	@echo "make fuzz       a coverage-guided fuzzer a format module"
	@echo "make install    DESTDIR= prefix=/usr"
	@echo "make clean"

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/core.a: $(CORE)
	@rm -f $@ && ar rcs $@ $^
$(B)/rules.a: $(RULES)
	@rm -f $@ && ar rcs $@ $^
$(B)/channels.a: $(CHANNELS)
	@rm -f $@ && ar rcs $@ $^
$(B)/gateway.a: $(GATEWAY)
	@rm -f $@ && ar rcs $@ $^
$(B)/roles.a: $(ROLES)
	@rm -f $@ && ar rcs $@ $^

.SECONDEXPANSION:
$(B)/modules/%.so: $(B)/formats/%.o $$(addprefix $(B)/formats/lib/,$$(addsuffix .o,$$(SHARED_$$*))) $(B)/core.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,defs -Wl,--exclude-libs,ALL -o $@ $^ $(LDLIBS_$*)

# The role table (gateway) names the roles' run functions, and they call the gateway: a group, not an order.
ARCHIVES = -Wl,--start-group $(filter %.a,$^) -Wl,--end-group
$(B)/bin/tallygated: $(B)/gateway/tallygated.o $(B)/roles.a $(B)/gateway.a $(B)/rules.a $(B)/channels.a $(B)/core.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(GATEWAY_LIBS)
$(B)/bin/tallygate: $(B)/gateway/tallygate.o $(B)/gateway.a $(B)/rules.a $(B)/channels.a $(B)/core.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(GATEWAY_LIBS) -lxlsxwriter

$(B)/tests/core/%: $(B)/tests/core/%.o $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $^
$(B)/tests/formats/%: $(B)/tests/formats/%.o $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $(filter-out %.a,$^) $(filter %.a,$^) -ldl $(LDLIBS)
$(B)/tests/formats/csv_test: $(B)/formats/lib/csv.o
$(B)/tests/formats/csv_test: LDLIBS = -lcsv
$(B)/tests/formats/shared_test: $(call obj,$(addprefix formats/lib/,lines.c seen.c values.c))
$(B)/tests/rules/%: $(B)/tests/rules/%.o $(B)/rules.a $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $^
$(B)/tests/channels/%: $(B)/tests/channels/%.o $(B)/channels.a $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $^ $(CHANNEL_LIBS)
$(B)/tests/gateway/%: $(B)/tests/gateway/%.o $(B)/roles.a $(B)/gateway.a $(B)/rules.a $(B)/channels.a $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $< $(ARCHIVES) $(GATEWAY_LIBS)

$(B)/tests/scenario/%: $(B)/tests/scenario/%.o $(B)/rules.a $(B)/channels.a $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $^ $(CHANNEL_LIBS)
$(B)/tests/scenario/docs_tables: $(B)/gateway/reasons.o $(B)/gateway/role_table.o $(B)/gateway/state.o
$(B)/tests/scenario/wire_peer: $(B)/tests/scenario/wire_peer.o $(B)/roles.a $(B)/gateway.a $(B)/rules.a $(B)/channels.a $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $< $(ARCHIVES) $(GATEWAY_LIBS)
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/gateway.a $(B)/rules.a $(B)/channels.a $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $< $(ARCHIVES) $(GATEWAY_LIBS) $(LDLIBS_bench_$*)
LDLIBS_bench_encoding = -lmsgpackc

# Modules that attack or lie, for the loader's and the zygote's tests: one source, a name and a -D each.
HOSTILE_CTOR = exec socket fork loop sleep memory open kill ptrace exit crash stack
HOSTILE_LIAR = oldabi small othername nosymbol
HOSTILE      = $(B)/tests/modules/good/hostile.so $(HOSTILE_CTOR:%=$(B)/tests/modules/ctor/ctor_%.so) $(HOSTILE_LIAR:%=$(B)/tests/modules/liar/%.so)
HOSTILE_CC   = @mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -shared -Wl,-z,defs
$(B)/tests/modules/good/hostile.so: tests/modules/hostile.c
	$(HOSTILE_CC) -o $@ $<
$(B)/tests/modules/ctor/ctor_%.so: tests/modules/hostile.c
	$(HOSTILE_CC) -DCTOR=attack_$* -DNAME='"ctor_$*"' -o $@ $<
$(B)/tests/modules/liar/oldabi.so: tests/modules/hostile.c
	$(HOSTILE_CC) -DABI=0 -DNAME='"oldabi"' -o $@ $<
$(B)/tests/modules/liar/small.so: tests/modules/hostile.c
	$(HOSTILE_CC) -DSIZE=40 -DNAME='"small"' -o $@ $<
$(B)/tests/modules/liar/othername.so: tests/modules/hostile.c
	$(HOSTILE_CC) -DNAME='"bai2"' -o $@ $<
$(B)/tests/modules/liar/nosymbol.so: tests/modules/hostile.c
	$(HOSTILE_CC) -DSYMBOL=tally_other -o $@ $<
$(B)/tests/gateway/loader_test $(B)/tests/gateway/zygote_test $(B)/tests/gateway/parse_test: | $(HOSTILE)
$(B)/tests/gateway/distribute_test: | $(B)/modules/nacha.so $(B)/tests/modules/good/hostile.so

# Everything and its tests.  Scenarios find the build by TALLY_BUILD; each starts what it needs and ends it.
check: deps-check
	$(MAKE) --no-print-directory -j$$(nproc) B=$(B) check-built
check-built: all $(TESTS) $(TOOLS) $(REPLAYS)
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL TALLY_BUILD=$(abspath $(B)) prove -j2 -e '' $(TESTS) $(SCENARIOS)
asan:
	$(MAKE) B=build-asan CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DTALLY_SANITIZED" check
# The tables in docs/ are the program's own; this writes them, the tests only compare.
docs: all $(TOOLS) $(patsubst %.c,$(B)/%,$(wildcard tests/formats/*_mutate_test.c))
	@set -e; export TALLY_BUILD=$(abspath $(B)) TALLY_DOCS=write; \
	for t in tests/scenario/02-records.sh tests/scenario/03-reasons.sh tests/scenario/04-formats.sh \
		$(patsubst %.c,$(B)/%,$(wildcard tests/formats/*_mutate_test.c)); do $$t > $(B)/docs.log || { cat $(B)/docs.log; exit 1; }; done
bench: deps-check
	$(MAKE) --no-print-directory bench-built
bench-built: all $(BENCHES)
	@for b in $(BENCHES); do $$b || exit 1; done
	@TALLY_BUILD=$(abspath $(B)) /usr/bin/python3 tests/bench/validate_speed.py
	@TALLY_BUILD=$(abspath $(B)) /usr/bin/python3 tests/bench/gateway.py
	@TALLY_BUILD=$(abspath $(B)) tests/bench/sftp_bench.py
	@TALLY_BUILD=$(abspath $(B)) tests/bench/reconcile_bench.py

# The main job, played for a newcomer in a throw-away tree: build/demo.
demo: deps-demo
	$(MAKE) --no-print-directory -j$$(nproc) B=$(B) all
	@TALLY_BUILD=$(abspath $(B)) /usr/bin/python3 tests/demo.py

# What the build and the demo need (deps-demo), and the tests besides (deps-check): debian/control is the one list.
deps-demo deps-check: deps-%: $(B)/deps-%.stamp
$(B)/deps-%.stamp: debian/control debian/deps
	@mkdir -p $(@D)
	@debian/deps $* && touch $@

# Where Debian puts things; DESTDIR for packages.  An existing configuration is left alone.
prefix ?= /usr
LIB     = $(DESTDIR)$(prefix)/lib
install: all
	install -D -m 755 $(B)/bin/tallygate $(DESTDIR)$(prefix)/bin/tallygate
	install -D -m 755 $(B)/bin/tallygated $(DESTDIR)$(prefix)/sbin/tallygated
	install -d -m 755 $(LIB)/tallygate/modules $(LIB)/systemd/system/tallygate-.service.d $(DESTDIR)/etc/tallygate
	install -m 755 $(MODULES) $(LIB)/tallygate/modules/
	install -m 644 systemd/*.service systemd/*.target $(LIB)/systemd/system/
	install -m 644 systemd/tallygate-.service.d/cage.conf $(LIB)/systemd/system/tallygate-.service.d/
	install -D -m 644 systemd/tallygate.sysusers $(LIB)/sysusers.d/tallygate.conf
	install -D -m 644 systemd/tallygate.tmpfiles $(LIB)/tmpfiles.d/tallygate.conf
	install -D -m 644 systemd/tallygate.catalog $(LIB)/systemd/catalog/tallygate.catalog
	test -e $(DESTDIR)/etc/tallygate/tallygate.conf || cp -r etc/. $(DESTDIR)/etc/tallygate/
	install -d -m 755 $(DESTDIR)$(prefix)/share/doc/tallygate
	install -m 644 README.md docs/*.md $(DESTDIR)$(prefix)/share/doc/tallygate/
	install -d -m 755 $(DESTDIR)$(prefix)/share/doc/tallygate/formats
	install -m 644 docs/formats/*.md $(DESTDIR)$(prefix)/share/doc/tallygate/formats/

# A coverage-guided fuzzer a format module: make fuzz, then $(B)/fuzz/nacha -max_total_time=60
FUZZ_CC = clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -std=c11 -D_GNU_SOURCE -I. $(XML_CFLAGS)
FUZZERS = $(patsubst tests/fuzz/%_fuzz.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
fuzz: $(FUZZERS)
$(B)/fuzz/%: tests/fuzz/%_fuzz.c $(wildcard formats/*.c formats/lib/*.c formats/core/*.c)
	@mkdir -p $(@D)
	$(FUZZ_CC) -o $@ $< formats/$*.c $(addprefix formats/lib/,$(addsuffix .c,$(SHARED_$*))) $(wildcard formats/core/*.c) $(LDLIBS_$*)

# The same targets without the engine: make check replays tests/fuzz/corpus and the samples.
$(B)/replay/%.o: tests/fuzz/%_fuzz.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DFUZZ_REPLAY -c -o $@ $<
$(B)/replay/%: $(B)/replay/%.o $(B)/tests/fuzz/replay.o $(B)/formats/%.o $$(addprefix $(B)/formats/lib/,$$(addsuffix .o,$$(SHARED_$$*))) $(B)/core.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS_$*) -ldl

clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all help docs demo check check-built asan bench bench-built deps-demo deps-check install fuzz clean
.DELETE_ON_ERROR:
.SECONDARY:

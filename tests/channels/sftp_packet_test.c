/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_packet_test - what a hostile server may send as packets: lengths that lie, strings that overrun, counts that
 * cannot be
 *
 * Every input is copied to memory of its exact size, so that a sanitizer build sees one byte too far.
 */
#include "channels/sftp_packet.h"
#include "tests/lib/tap.h"

struct exact { char *p; size_t n; };

static struct exact exact_copy(struct view v)
{
	struct exact x = { malloc(v.n ? v.n : 1), v.n };

	if (x.p == NULL)
		abort();
	if (v.n)
		memcpy(x.p, v.p, v.n);
	return x;
}

static int cut(struct view bytes, struct sftp_packet *p, struct exact *held)
{
	struct view rest;

	*held = exact_copy(bytes);
	rest = (struct view){ held->p, held->n };
	return sftp_cut_packet(&rest, p);
}

static const struct { const char *what; struct view in; int want; } cuts[] = {
	{ "no bytes are no packet yet",                   VIEW_INIT(""), 0 },
	{ "three bytes are no length yet",                VIEW_INIT("\0\0\0"), 0 },
	{ "a length of 0 is refused",                     VIEW_INIT("\0\0\0\0"), -1 },
	{ "a length of 4 has no room for type and id",    VIEW_INIT("\0\0\0\4" "abcd"), -1 },
	{ "a length of 5 is a packet without body",       VIEW_INIT("\0\0\0\5\145\0\0\0\1"), 1 },
	{ "one byte short is not whole",                  VIEW_INIT("\0\0\0\5\145\0\0\0"), 0 },
	{ "256 KiB and one byte is refused unseen",       VIEW_INIT("\0\4\0\1"), -1 },
	{ "256 KiB is waited for",                        VIEW_INIT("\0\4\0\0"), 0 },
	{ "a length of 4 GiB is refused unseen",          VIEW_INIT("\377\377\377\377\145\0\0\0\1"), -1 },
};

static void test_cuts(void)
{
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct sftp_packet p;
		struct exact held;

		is_int(cut(cuts[i].in, &p, &held), cuts[i].want, "%s", cuts[i].what);
		free(held.p);
	}
}

enum reads { STATUS, HANDLE, DATA, ATTRS, NAMES };

static const struct { const char *what; enum reads as; uint8_t type; struct view body; bool want; } bodies[] = {
	{ "a status without text is a status",             STATUS, SFTP_STATUS, VIEW_INIT("\0\0\0\1"), true },
	{ "a status of three bytes is refused",            STATUS, SFTP_STATUS, VIEW_INIT("\0\0\0"), false },
	{ "a status text longer than the packet is refused", STATUS, SFTP_STATUS, VIEW_INIT("\0\0\0\4\0\0\0\11failure!"), false },
	{ "a handle is no status",                         STATUS, SFTP_HANDLE, VIEW_INIT("\0\0\0\1"), false },
	{ "a handle of 4 bytes is a handle",               HANDLE, SFTP_HANDLE, VIEW_INIT("\0\0\0\4abcd"), true },
	{ "an empty handle is refused",                    HANDLE, SFTP_HANDLE, VIEW_INIT("\0\0\0\0"), false },
	{ "a handle longer than the packet is refused",    HANDLE, SFTP_HANDLE, VIEW_INIT("\0\0\0\5abcd"), false },
	{ "a handle of 2 GiB is refused",                  HANDLE, SFTP_HANDLE, VIEW_INIT("\177\377\377\377abcd"), false },
	{ "data with its length is data",                  DATA, SFTP_DATA, VIEW_INIT("\0\0\0\2xy"), true },
	{ "data longer than the packet is refused",        DATA, SFTP_DATA, VIEW_INIT("\0\0\0\3xy"), false },
	{ "empty attributes are attributes",               ATTRS, SFTP_ATTRS, VIEW_INIT("\0\0\0\0"), true },
	{ "a size flag without a size is refused",         ATTRS, SFTP_ATTRS, VIEW_INIT("\0\0\0\1\0\0\0\0\0\0\0"), false },
	{ "times cut after the first are refused",         ATTRS, SFTP_ATTRS, VIEW_INIT("\0\0\0\10\0\0\0\0\0\0\0"), false },
	{ "4 billion extended attributes are refused",     ATTRS, SFTP_ATTRS, VIEW_INIT("\200\0\0\0\377\377\377\377"), false },
	{ "one extended attribute cut short is refused",   ATTRS, SFTP_ATTRS, VIEW_INIT("\200\0\0\0\0\0\0\1\0\0\0\1a\0\0\0\2b"), false },
	{ "no names are a list",                           NAMES, SFTP_NAME, VIEW_INIT("\0\0\0\0"), true },
	{ "a count of names that cannot fit is refused",   NAMES, SFTP_NAME, VIEW_INIT("\0\0\0\2\0\0\0\1a\0\0\0\1a\0\0\0\0"), false },
	{ "4 billion names are refused",                   NAMES, SFTP_NAME, VIEW_INIT("\377\377\377\377"), false },
};

static bool read_as(enum reads as, const struct sftp_packet *p)
{
	struct sftp_wire_attrs a;
	struct view v;
	uint32_t n;

	switch (as) {
	case STATUS: return sftp_read_status(p, &n, &v);
	case HANDLE: return sftp_read_handle(p, &v);
	case DATA:   return sftp_read_data(p, &v);
	case ATTRS:  return sftp_read_attrs(p, &a);
	default:     return sftp_read_names(p, &v, &n);
	}
}

static void test_bodies(void)
{
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct exact held = exact_copy(bodies[i].body);
		struct sftp_packet p = { bodies[i].type, 1, { held.p, held.n } };

		ok(read_as(bodies[i].as, &p) == bodies[i].want, "%s", bodies[i].what);
		free(held.p);
	}
}

static void test_round_trip(void)
{
	struct buf b = { .max = 1024 };
	struct sftp_packet p;
	struct view rest, text;
	uint64_t big = 0;
	size_t at = sftp_begin(&b, SFTP_OPEN, 0x01020304);

	sftp_put_string(&b, VIEW("name"));
	sftp_put_u64(&b, 0x1122334455667788);
	sftp_end(&b, at);
	at = sftp_begin(&b, SFTP_CLOSE, 7);
	sftp_end(&b, at);
	rest = buf_as_view(&b);
	ok(sftp_cut_packet(&rest, &p) == 1 && p.type == SFTP_OPEN && p.id == 0x01020304, "a packet that was built is cut again");
	ok(sftp_take_string(&p.body, &text) && view_eq(text, VIEW("name")), "its string comes back");
	ok(sftp_take_u64(&p.body, &big) && big == 0x1122334455667788 && p.body.n == 0, "its number comes back, and nothing is behind it");
	ok(sftp_cut_packet(&rest, &p) == 1 && p.type == SFTP_CLOSE && rest.n == 0, "the second packet of a buffer is cut after it");
	ok(!sftp_take_u32(&rest, &p.id), "an empty rest yields no number");
	buf_release(&b);

	struct buf small = { .max = 8 };
	at = sftp_begin(&small, SFTP_OPEN, 1);
	sftp_end(&small, at);
	ok(small.failed, "a packet over the buffer's bound marks the buffer as failed");
	buf_release(&small);
}

/* Every prefix and every one-byte change of a real list: the codec may refuse it, it may not read past it. */
static void test_mutations(void)
{
	static const struct view list = VIEW_INIT("\0\0\0\2" "\0\0\0\1a" "\0\0\0\2-a" "\0\0\0\17" "\0\0\0\0\0\0\0\5" "\0\0\0\1\0\0\0\2"
		"\0\0\201\244" "\0\0\0\1\0\0\0\2" "\0\0\0\1b" "\0\0\0\2-b" "\200\0\0\0" "\0\0\0\1\0\0\0\1x\0\0\0\1y");
	struct sftp_wire_attrs a;
	struct view rest, name;
	uint32_t count = 0, whole = 0, seen = 0;

	for (size_t n = 0; n <= list.n; n++) {
		for (int flip = 0; flip < 256; flip += 17) {
			struct exact held = exact_copy(view_sub(list, 0, n));
			struct sftp_packet p = { SFTP_NAME, 1, { held.p, held.n } };

			if (n > 0)
				held.p[n - 1] = (char)(held.p[n - 1] ^ flip);
			if (sftp_read_names(&p, &rest, &count))
				for (seen = 0; seen < count && sftp_take_name(&rest, &name, &a); )
					seen++;
			if (flip == 0 && n == list.n)
				whole = seen;
			free(held.p);
		}
	}
	is_int(whole, 2, "the list itself holds two names, and no prefix or changed byte of it reads too far");
}

int main(void)
{
	test_cuts();
	test_bodies();
	test_round_trip();
	test_mutations();
	return done_testing();
}

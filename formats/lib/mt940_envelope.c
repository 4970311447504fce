/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_envelope - what stands around messages: SWIFT's blocks, the banks' own lines, marks of the transport
 *
 * Any of it may be missing: most banks' portals drop the blocks.  A message is never found by its end.
 */
#include "formats/lib/mt940.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "F01BANKDEFFAXXX..." or, for a message that was delivered, behind the time: the sender's address. */
static void take_address(char to[16], size_t *n, struct view v)
{
	v = view_sub(v, 0, 12);
	for (size_t i = 0; i < v.n; i++)
		if (!is_digit(v.p[i]) && !is_upper(v.p[i]))
			v.n = i;
	memcpy(to, v.p, v.n);
	*n = v.n;
}

struct view mt940_block(struct view line, const char *begin)
{
	const char *p = memmem(line.p, line.n, begin, 3);

	return p == NULL ? (struct view){ NULL, 0 } : view_sub(line, (size_t)(p - line.p) + 3, line.n);
}

static void on_header(struct mt940 *m, struct view line)
{
	struct view one = mt940_block(line, "{1:"), two = mt940_block(line, "{2:"), four = mt940_block(line, "{4:");
	bool output = two.n > 0 && *two.p == 'O';

	if (one.p != NULL)
		take_address(m->sender, &m->sender_n, view_sub(one, 3, 12));
	if (two.n >= 4 && (output || *two.p == 'I') && is_digit(two.p[1]) && is_digit(two.p[2]) && is_digit(two.p[3])) {
		m->next_type = (two.p[1] - '0') * 100 + (two.p[2] - '0') * 10 + two.p[3] - '0';
		take_address(m->receiver, &m->receiver_n, view_sub(two, output ? 14 : 4, 12));
		if (output) {
			char other[16];
			size_t n = m->sender_n;

			memcpy(other, m->sender, sizeof(other));
			memcpy(m->sender, m->receiver, sizeof(other));
			memcpy(m->receiver, other, sizeof(other));
			m->sender_n = m->receiver_n;
			m->receiver_n = n;
		}
	}
	m->foreign = m->next_type != 0 && *mt940_type_text(m->next_type) == '\0';
	if (m->foreign && four.p != NULL)
		mt940_find(m, MT940_MESSAGE_TYPE, two, "Message Type", "the message is an MT%03d, not a statement; it is not read", m->next_type);
	if (four.p != NULL)
		m->next_block = true;
}

/* A dollar sign stands between the messages of a file for SWIFT's own programs. */
static struct view without_dollar(struct view v)
{
	return v.n > 1 && *v.p == '$' ? view_sub(v, 1, v.n) : v;
}

bool mt940_is_header(struct view v)
{
	v = without_dollar(v);
	return v.n >= 3 && v.p[0] == '{' && v.p[2] == ':' && ((v.p[1] >= '1' && v.p[1] <= '5') || v.p[1] == 'S');
}

/* The national 7-bit sets of Sweden and Finland have letters where ASCII has braces: "ä4:" and "-å". */
bool mt940_is_national_header(struct view v)
{
	size_t n = view_starts(v, VIEW("\xe4")) ? 1 : view_starts(v, VIEW("\xc3\xa4")) ? 2 : 0;

	return n > 0 && v.n >= n + 2 && v.p[n] >= '1' && v.p[n] <= '5' && v.p[n + 1] == ':';
}

bool mt940_is_end(struct view v)
{
	return v.n > 1 && v.p[0] == '-' && (v.p[1] == '}' || view_starts(v, VIEW("-\xe5")) || view_starts(v, VIEW("-\xc3\xa5")));
}

/* "940", "940 00", "940 N2" */
static bool is_type_line(struct view v)
{
	if (v.n < 3 || v.p[0] != '9' || !is_digit(v.p[1]) || !is_digit(v.p[2]) || v.n > 7 || (v.n > 3 && v.p[3] != ' '))
		return false;
	for (size_t i = 4; i < v.n; i++)
		if (!is_digit(v.p[i]) && !is_upper(v.p[i]))
			return false;
	return true;
}

/* A bank's code, alone or with a number behind a blank. */
static bool is_bank_line(struct view v)
{
	size_t n = 0;

	while (n < v.n && (is_upper(v.p[n]) || is_digit(v.p[n])))
		n++;
	if (n != 8 && n != 11 && n != 12)
		return false;
	while (n < v.n && (is_digit(v.p[n]) || v.p[n] == ' '))
		n++;
	return n == v.n;
}

static bool is_made_of(struct view v, const char *these)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\0' || strchr(these, v.p[i]) == NULL)
			return false;
	return true;
}

/* What banks put around messages: their own code, the message type, a customer's number, dashes. */
static bool is_known_envelope(struct mt940 *m, struct view v)
{
	v = view_rtrim(v);
	if (is_type_line(v)) {
		m->next_type = 900 + (v.p[1] - '0') * 10 + v.p[2] - '0';
		if (*mt940_type_text(m->next_type) == '\0')
			m->next_type = 0;
		return true;
	}
	return is_made_of(v, "- ") || view_eq(v, VIEW("$")) || view_eq(v, VIEW("-XXX")) || is_bank_line(v) ||
		(v.n >= 4 && v.n <= 16 && is_made_of(v, "0123456789")) || (v.n > 8 && view_starts(v, VIEW("0000 ")) && is_digit(v.p[5]));
}

static void on_envelope(struct mt940 *m, struct view v)
{
	if (is_known_envelope(m, v) || m->said_envelope)
		return;
	m->said_envelope = true;
	mt940_find(m, MT940_ENVELOPE, v, NULL, "this line stands outside the messages; lines like it are not read");
}

/* Marks of the transport: SOH before and ETX behind a message, control-Z of DOS. */
struct view mt940_without_marks(struct view v)
{
	while (v.n > 0 && (*v.p == '\x01' || *v.p == '\x03' || *v.p == '\x1a'))
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && (v.p[v.n - 1] == '\x01' || v.p[v.n - 1] == '\x03' || v.p[v.n - 1] == '\x1a'))
		v.n--;
	return v;
}

void mt940_on_outside(struct mt940 *m, struct view v)
{
	struct view four;

	if (mt940_is_national_header(v)) {
		m->next_block = true;
		return;
	}
	if (!mt940_is_header(v)) {
		on_envelope(m, v);
		return;
	}
	on_header(m, v);
	four = mt940_block(v, "{4:");
	if (four.n > 0 && *four.p == ':') {
		size_t n;
		enum mt940_tag tag = mt940_tag_of(four, &n);

		if (tag != TAG_NONE && !m->foreign)
			mt940_on_tag(m, tag, view_sub(four, n, four.n));
	}
}

/* Behind the end of a message the next one may begin on the same line: "-}{5:{MAC:1}}{1:F01", "-}$\x01{1:F01". */
void mt940_on_end(struct mt940 *m, struct view v)
{
	const char *one = memmem(v.p, v.n, "{1:", 3);

	if (m->foreign) {
		m->foreign = false;
		m->between = true;
		m->next_type = 0;
		m->next_block = false;
	} else {
		mt940_message_end(m);
	}
	if (one != NULL)
		mt940_on_outside(m, view_sub(v, (size_t)(one - v.p), v.n));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mt940_tags - which field a line begins
 *
 * A line is a field only when it begins with a known tag between colons; "12:11 Uhr" or ":KO:" is a text that goes on.
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

static enum mt940_tag two_tag(const char *p)
{
	switch ((unsigned char)p[0] << 8 | (unsigned char)p[1]) {
	case '2' << 8 | '0': return TAG_20;
	case '2' << 8 | '1': return TAG_21;
	case '2' << 8 | '5': return TAG_25;
	case '2' << 8 | '8': return TAG_28;
	case '6' << 8 | '1': return TAG_61;
	case '6' << 8 | '4': return TAG_64;
	case '6' << 8 | '5': return TAG_65;
	case '8' << 8 | '6': return TAG_86;
	case 'N' << 8 | 'S': return TAG_NS;
	}
	return TAG_NONE;
}

static enum mt940_tag three_tag(const char *p)
{
	static const struct { char tag[4]; enum mt940_tag is; } rows[] = {
		{ "25P", TAG_25P }, { "28C", TAG_28C }, { "13D", TAG_13D }, { "34F", TAG_34F }, { "60F", TAG_60F }, { "60M", TAG_60M },
		{ "62F", TAG_62F }, { "62M", TAG_62M }, { "90C", TAG_90C }, { "90D", TAG_90D }, { "940", TAG_TYPE }, { "942", TAG_TYPE },
		{ "950", TAG_TYPE }, { "941", TAG_TYPE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (memcmp(rows[i].tag, p, 3) == 0)
			return rows[i].is;
	return is_digit(p[0]) && is_digit(p[1]) && is_upper(p[2]) ? TAG_UNKNOWN : TAG_NONE;
}

/* The tag that begins the line; *n is its length with both colons. */
enum mt940_tag mt940_tag_of(struct view v, size_t *n)
{
	*n = 4;
	if (v.n < 4 || *v.p != ':')
		return TAG_NONE;
	if (v.p[3] == ':')
		return two_tag(v.p + 1);
	*n = 5;
	return v.n >= 5 && v.p[4] == ':' ? three_tag(v.p + 1) : TAG_NONE;
}

/* The same of a tag whose letter is small. */
enum mt940_tag mt940_small_tag(struct view v)
{
	char big[3];

	if (v.n < 5 || *v.p != ':' || v.p[4] != ':' || v.p[3] < 'a' || v.p[3] > 'z')
		return TAG_NONE;
	memcpy(big, v.p + 1, 3);
	big[2] = (char)(big[2] - 'a' + 'A');
	return three_tag(big);
}

bool mt940_tag_shaped(struct view v)
{
	return v.n >= 4 && v.p[0] == ':' && is_digit(v.p[1]) && is_digit(v.p[2]) && v.p[3] == ':';
}

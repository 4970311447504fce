/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml - see xml.h; the only file that includes libxml2
 *
 * XML_PARSE_HUGE is never set: libxml2's own limits (10 MB of text, of names, of entities) stay in force behind ours.
 * It pulls its bytes from here, as UTF-8 (pushed to it they cost a third more), and is always given as many as it asks
 * for: what it says of broken XML depends on where its pieces end, so they must not end where windows do.  It never
 * converts itself: for encodings that it does not know it would ask iconv, which opens files.
 */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include "formats/core/utf8.h"
#include "formats/lib/charset.h"
#include "formats/lib/xml.h"

#define HEAD ((size_t)256)		/* holds the declaration */

struct reader {
	const struct xml_handler *handler;
	void *ctx;
	xmlParserCtxtPtr parser;
	struct xml_fault *fault;
	bool stopped;			/* by a callback */
	bool done;			/* stopped, or at fault: nothing more is told */
	unsigned depth;			/* of the next element */
	bool leaf;			/* the element that is open has no element inside */
	struct xml_element e;		/* told; kept here, since filling it anew for each element costs more than reading it */
	const char *path[XML_DEPTH];
	struct xml_attribute attributes[XML_ATTRIBUTES];
	/* the bytes that wait; `good` of them are known to be well-formed UTF-8 */
	const struct tally_host *host;
	struct view pending;
	size_t good;
	bool ended, host_stopped, said_encoding, repaired;
	uint64_t lines_before;		/* empty lines in front of the declaration */
	enum charset charset;
	enum { BYTES, LITTLE, BIG } wide;	/* UTF-16 */
	const xmlChar *last_uri;
	size_t n_text;
	char text[XML_TEXT_MAX];
};

static void stop(struct reader *r)
{
	r->done = true;
	if (r->parser != NULL)
		xmlStopParser(r->parser);
}

static void stop_for_good(struct reader *r)
{
	r->stopped = true;
	stop(r);
}

static uint64_t line_of(const struct reader *r)
{
	int line = r->parser->input == NULL ? 0 : r->parser->input->line;

	return line < 0 ? 0 : (uint64_t)line + r->lines_before;
}

static void at_fault(struct reader *r, enum xml_fault_kind kind, const char *text)
{
	if (r->fault->kind == XML_GOOD)
		*r->fault = (struct xml_fault){ kind, line_of(r), text };
	stop(r);
}

static struct view name_view(const xmlChar *name)
{
	return view_of((const char *)name);
}

static bool take_attributes(struct reader *r, int n, const xmlChar **list)
{
	if (n > (int)XML_ATTRIBUTES)
		return false;
	for (int i = 0; i < n; i++, list += 5)
		r->attributes[i] = (struct xml_attribute){ name_view(list[0]),
			{ (const char *)list[3], (size_t)(list[4] - list[3]) } };
	return true;
}

/* What few elements ask for; out of line, so that the others save no registers for it.  False: it ends here. */
__attribute__((noinline))
static bool take_more(struct reader *r, const xmlChar *uri, int n_attributes, const xmlChar **attributes)
{
	if (r->depth == XML_DEPTH) {
		at_fault(r, XML_LIMIT, "elements stand inside each other more than 64 deep");
		return false;
	}
	if (!take_attributes(r, n_attributes, attributes)) {
		at_fault(r, XML_LIMIT, "an element has more than 32 attributes");
		return false;
	}
	r->last_uri = uri;
	r->e.uri = name_view(uri);
	return true;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
	const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct reader *r = ctx;
	struct xml_element *e = &r->e;

	(void)prefix, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
	if (r->done || ((n_attributes > 0 || uri != r->last_uri || r->depth == XML_DEPTH) && !take_more(r, uri, n_attributes, attributes)))
		return;
	r->path[r->depth] = e->name = (const char *)name;
	e->depth = r->depth++;
	e->line = line_of(r);
	e->n_attributes = (unsigned)n_attributes;
	e->leaf = false;
	r->leaf = true;
	r->n_text = 0;
	if (r->handler->start != NULL && r->handler->start(r->ctx, e) != 0)
		stop_for_good(r);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *r = ctx;
	struct xml_element *e = &r->e;

	(void)name, (void)prefix, (void)uri;
	if (r->done || r->depth == 0)
		return;
	e->depth = --r->depth;
	e->name = r->path[r->depth];
	e->line = line_of(r);
	e->n_attributes = 0;
	e->leaf = r->leaf;
	if (r->handler->end != NULL && r->handler->end(r->ctx, e, (struct view){ r->text, r->leaf ? r->n_text : 0 }) != 0)
		stop_for_good(r);
	r->leaf = false;
	r->n_text = 0;
}

static void on_text(void *ctx, const xmlChar *text, int n)
{
	struct reader *r = ctx;

	if (r->done || !r->leaf)
		return;
	if (n < 0 || (size_t)n > sizeof(r->text) - r->n_text) {
		at_fault(r, XML_LIMIT, "the text of an element is longer than 65,536 bytes");
		return;
	}
	memcpy(r->text + r->n_text, text, (size_t)n);
	r->n_text += (size_t)n;
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	at_fault(ctx, XML_DOCTYPE, "the file declares a document type, which may define entities; such files are not read");
}

static const char *words_for(int code)
{
	switch (code) {
	case XML_ERR_TAG_NAME_MISMATCH:
		return "an element is closed by another name than it was opened by";
	case XML_ERR_TAG_NOT_FINISHED:
	case XML_ERR_DOCUMENT_END:
		return "the file ends before its root element is closed, or goes on behind it";
	case XML_ERR_INVALID_CHAR:
		return "a character that XML does not allow";
	case XML_ERR_INVALID_ENCODING:
	case XML_ERR_UNSUPPORTED_ENCODING:
	case XML_ERR_UNKNOWN_ENCODING:
		return "the bytes are not of the encoding that the file declares, or it is not known";
	case XML_ERR_UNDECLARED_ENTITY:
	case XML_WAR_UNDECLARED_ENTITY:
		return "an entity that is not defined";
	case XML_ERR_DOCUMENT_EMPTY:
		return "there is no XML in the file";
	default:
		return "the XML is not well-formed";
	}
}

static void tell_repair(struct reader *r, enum xml_repair what, uint64_t line, const char *text)
{
	r->repaired = true;
	if (r->handler->repaired(r->ctx, what, line, text) == 0)
		return;
	stop_for_good(r);
}

/* A single place, behind which the reading may go on without a guess. */
static bool can_repair(const struct reader *r, int code)
{
	return r->handler->repaired != NULL && r->depth > 0 && (code == XML_ERR_NAME_REQUIRED || code == XML_ERR_ENTITYREF_SEMICOL_MISSING ||
		code == XML_ERR_UNDECLARED_ENTITY || code == XML_WAR_UNDECLARED_ENTITY || code == XML_ERR_INVALID_CHARREF);
}

static void on_error(void *ctx, xmlErrorPtr error)
{
	struct reader *r = ctx;

	if (error->level != XML_ERR_FATAL && error->code != XML_ERR_UNDECLARED_ENTITY && error->code != XML_WAR_UNDECLARED_ENTITY)
		return;
	if (r->done)
		return;
	if (can_repair(r, error->code))
		tell_repair(r, XML_CHARACTER, line_of(r), "an '&' that begins no reference, or one that is not defined; what follows it is read on");
	else
		at_fault(r, XML_BROKEN, words_for(error->code));
}

/* "ISO-8859-1" out of <?xml version="1.0" encoding="ISO-8859-1"?>; empty when it says none. */
static struct view declared_encoding(struct view head)
{
	const char *hit, *end;
	char quote;

	if (!view_starts(head, VIEW("<?xml")) || (end = memchr(head.p, '>', head.n)) == NULL)
		return (struct view){ NULL, 0 };
	head.n = (size_t)(end - head.p);
	hit = memmem(head.p, head.n, "encoding", 8);
	head = hit == NULL ? (struct view){ NULL, 0 } : view_sub(head, (size_t)(hit - head.p) + 8, head.n);
	while (head.n > 0 && *head.p != '"' && *head.p != '\'')
		head = view_sub(head, 1, head.n);
	if (head.n == 0)
		return (struct view){ NULL, 0 };
	quote = *head.p;
	head = view_sub(head, 1, head.n);
	end = memchr(head.p, quote, head.n);
	return view_sub(head, 0, end == NULL ? 0 : (size_t)(end - head.p));
}

static bool same_word(struct view name, const char *word)
{
	struct view w = view_of(word);

	if (name.n != w.n)
		return false;
	for (size_t i = 0; i < w.n; i++)
		if ((name.p[i] | (name.p[i] >= 'A' && name.p[i] <= 'Z' ? 0x20 : 0)) != w.p[i])
			return false;
	return true;
}

/* UTF-16 shows in a byte order mark, or in the zero beside its first "<". */
static int wide_of(struct view head)
{
	static const struct { struct view begin; int wide; } rows[] = {
		{ VIEW_INIT("\xff\xfe"), LITTLE }, { VIEW_INIT("\xfe\xff"), BIG }, { VIEW_INIT("<\0"), LITTLE }, { VIEW_INIT("\0<"), BIG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (view_starts(head, rows[i].begin) && !(head.n > 3 && head.p[2] == '\0' && head.p[3] == '\0'))
			return rows[i].wide;
	return BYTES;			/* four bytes a character are not read */
}

static bool is_utf16_name(struct view name)
{
	static const char *const names[] = { "utf-16", "utf16", "utf-16le", "utf-16be", "ucs-2", "iso-10646-ucs-2" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (same_word(name, names[i]))
			return true;
	return false;
}

/* False: an encoding that is not read. */
static bool find_encoding(struct reader *r, struct view head)
{
	static const struct { const char *name; enum charset set; } known[] = {
		{ "utf-8", CHARSET_AUTO }, { "utf8", CHARSET_AUTO }, { "us-ascii", CHARSET_AUTO }, { "ascii", CHARSET_AUTO },
		{ "iso-8859-1", CHARSET_ISO_8859_1 }, { "iso_8859-1", CHARSET_ISO_8859_1 }, { "iso8859-1", CHARSET_ISO_8859_1 },
		{ "latin1", CHARSET_ISO_8859_1 }, { "iso-8859-2", CHARSET_ISO_8859_2 }, { "iso-8859-15", CHARSET_ISO_8859_15 },
		{ "windows-1250", CHARSET_CP1250 }, { "cp1250", CHARSET_CP1250 }, { "windows-1252", CHARSET_CP1252 }, { "cp1252", CHARSET_CP1252 },
		{ "iso-8859-5", CHARSET_ISO_8859_5 }, { "iso-8859-7", CHARSET_ISO_8859_7 }, { "iso-8859-9", CHARSET_ISO_8859_9 },
		{ "iso-8859-13", CHARSET_ISO_8859_13 }, { "windows-1251", CHARSET_CP1251 }, { "cp1251", CHARSET_CP1251 },
		{ "windows-1253", CHARSET_CP1253 }, { "windows-1254", CHARSET_CP1254 }, { "windows-1257", CHARSET_CP1257 }, { "koi8-r", CHARSET_KOI8_R },
		{ "ibm850", CHARSET_CP850 }, { "cp850", CHARSET_CP850 }, { "ibm852", CHARSET_CP852 }, { "cp852", CHARSET_CP852 },
	};
	struct view name;

	if ((r->wide = wide_of(head)) != BYTES) {
		r->charset = CHARSETS;
		return true;
	}
	if (head.n > 0 && ((unsigned char)*head.p >= 0xfe || *head.p == '\0' || (unsigned char)*head.p == 0x4c ||
			   (head.n > 1 && head.p[1] == '\0')))
		return false;					/* UTF-32, EBCDIC */
	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		return true;					/* the mark says UTF-8, whatever is declared */
	name = declared_encoding(head);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && name.n > 0; i++) {
		if (!same_word(name, known[i].name))
			continue;
		r->charset = known[i].set;
		return true;
	}
	/* Written as UTF-16 and stored as UTF-8, as some programs do. */
	if (is_utf16_name(name) && r->handler->repaired != NULL) {
		tell_repair(r, XML_ENCODING, 1, "the file says that it is UTF-16 and is not; it is read as UTF-8");
		return true;
	}
	return name.n == 0;
}

/* Bytes in */

/* How many bytes from the beginning are well-formed UTF-8, whole characters. */
static size_t good_bytes(struct view v)
{
	size_t i = 0, n;
	uint64_t w[4];

	while (i < v.n) {
		for (; i + 32 <= v.n; i += 32) {
			memcpy(w, v.p + i, 32);
			if (((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u) != 0)
				break;
		}
		while (i < v.n && (unsigned char)v.p[i] < 0x80)
			i++;
		if (i == v.n || (n = utf8_length(v.p + i, v.n - i)) == 0)
			break;
		i += n;
	}
	return i;
}

/* The next window behind what is pending; false: the input has ended, or the host said stop. */
static bool pull(struct reader *r)
{
	int got = r->ended || r->host_stopped ? 0 : r->host->more(r->host->ctx, r->pending.n, &r->pending);

	r->host_stopped = r->host_stopped || got < 0;
	r->ended = r->ended || got == 0;
	if (got <= 0)
		return false;
	r->good = r->charset == CHARSET_AUTO ? good_bytes(r->pending) : 0;
	return true;
}

static uint64_t lines_in(struct view v)
{
	const char *p = v.p, *end = v.n == 0 ? p : p + v.n;
	uint64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		n++;
		p++;
	}
	return n;
}

/*
 * What the parser holds and has not read.  While it asks for more its buffer may just have moved and its own pointers point
 * to where it was: only how far they are apart is still true.
 */
static struct view unread(xmlParserInputPtr in)
{
	xmlBufPtr held = in->buf == NULL ? NULL : in->buf->buffer;
	size_t passed = (size_t)((uintptr_t)in->cur - (uintptr_t)in->base), n = held == NULL ? 0 : xmlBufUse(held);

	return passed > n ? (struct view){ NULL, 0 } : (struct view){ (const char *)xmlBufContent(held) + passed, n - passed };
}

/* A byte that is of no character.  Its line: that of the parser, and the line ends between it and here. */
static bool repair_encoding(struct reader *r, const char *buf, size_t n, const char *text)
{
	xmlParserInputPtr in = r->parser == NULL ? NULL : r->parser->input;
	uint64_t line = r->parser == NULL ? 1 : line_of(r);

	if (r->handler->repaired == NULL)
		return false;
	if (r->said_encoding)
		return true;
	r->said_encoding = true;
	if (in != NULL)
		line += lines_in(unread(in));
	tell_repair(r, XML_ENCODING, (line == 0 ? 1 : line) + lines_in((struct view){ buf, n }), text);
	return true;
}

static void take(struct reader *r, size_t n)
{
	r->pending = view_sub(r->pending, n, r->pending.n);
	r->good -= n < r->good ? n : r->good;
}

static unsigned unit_at(const struct reader *r, size_t at)
{
	const unsigned char *p = (const unsigned char *)r->pending.p + at;

	return r->wide == LITTLE ? (unsigned)p[0] | (unsigned)p[1] << 8 : (unsigned)p[1] | (unsigned)p[0] << 8;
}

/* The character that the pending bytes begin with, and how many they are; false: half of one. */
static bool wide_character(struct reader *r, uint32_t *c, size_t *n)
{
	unsigned high, low;

	*n = r->pending.n < 2 ? r->pending.n : 2;
	if (r->pending.n < 2)
		return false;
	high = *c = unit_at(r, 0);
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || r->pending.n < 4)
		return false;
	low = unit_at(r, 2);
	if (low < 0xdc00 || low > 0xdfff)
		return false;
	*c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	*n = 4;
	return true;
}

/* UTF-16 into `buf`, as long as there is room for any character. */
static size_t convert_wide(struct reader *r, char *buf, size_t done, size_t max)
{
	size_t n = 0, width;
	char *to = buf + done;
	uint32_t c;

	while (max - n >= 4 && !r->stopped) {
		for (; r->pending.n >= 2 && max - n >= 4 && (c = unit_at(r, 0)) < 0xd800; take(r, 2))
			n += charset_put(to + n, c);
		if (max - n < 4 || (r->pending.n < 4 && pull(r)))
			continue;
		if (r->pending.n == 0)
			break;
		if (!wide_character(r, &c, &width))
			c = repair_encoding(r, buf, done + n, "half a character of UTF-16 stands alone; it is taken as a mark for one that is missing") ? 0xfffd : 0;
		n += charset_put(to + n, c);		/* the parser finds the zero */
		take(r, width);
	}
	return n;
}

/* Some of what is pending, at most `max` bytes of UTF-8: how many; 0 = no room. */
static size_t convert(struct reader *r, char *buf, size_t done, size_t max)
{
	size_t n = r->good < max ? r->good : max;

	if (r->wide != BYTES)
		return max < 4 ? 0 : convert_wide(r, buf, done, max);

	if (n > 0) {
		memcpy(buf + done, r->pending.p, n);
		take(r, n);
		return n;
	}
	if (max < 8)
		return 0;
	if (r->charset != CHARSET_AUTO) {
		struct view piece = view_sub(r->pending, 0, max / 3 - 1);

		n = charset_utf8(r->charset, piece, buf + done, max);
		take(r, piece.n);
		return n;
	}
	/* A character may be cut by the window's end: the rest of it comes with the next one. */
	if (r->pending.n < 4 && pull(r) && r->good > 0)
		return convert(r, buf, done, max);
	if (!repair_encoding(r, buf, done, "the bytes are not UTF-8; they are taken as ISO 8859-1")) {
		buf[done] = *r->pending.p;		/* the parser finds it */
		n = 1;
	} else {
		n = charset_utf8(CHARSET_ISO_8859_1, view_sub(r->pending, 0, 1), buf + done, max);
	}
	take(r, 1);
	r->good = good_bytes(r->pending);
	return n;
}

static int on_read(void *ctx, char *buf, int len)
{
	struct reader *r = ctx;
	size_t done = 0, n;

	while (len > 0 && done < (size_t)len && !r->stopped) {
		if (r->pending.n == 0 && !pull(r))
			break;
		n = convert(r, buf, done, (size_t)len - done);
		if (n == 0)
			break;
		done += n;
	}
	return r->host_stopped ? -1 : (int)done;
}

/* XML allows nothing before its declaration; an empty line there harms nobody.  One of UTF-16 has a zero beside it. */
static bool skip_blanks(struct reader *r)
{
	bool any = false;

	for (;;) {
		while (r->pending.n < 2 && pull(r))
			;
		if (r->pending.n == 0 || (r->pending.n > 1 && r->pending.p[1] == '\0') || strchr(" \t\r\n", *r->pending.p) == NULL || *r->pending.p == '\0')
			return any;
		r->lines_before += *r->pending.p == '\n';
		any = true;
		take(r, 1);
	}
}

static int read_all(struct reader *r)
{
	bool blanks = skip_blanks(r);

	while (r->pending.n < HEAD && pull(r))
		;
	if (r->host_stopped)
		return -1;
	if (r->pending.n == 0) {
		*r->fault = blanks ? (struct xml_fault){ XML_BROKEN, 1, "there is no XML in the file" } :
			(struct xml_fault){ XML_EMPTY, 0, "the file is empty" };
		return 1;
	}
	if (!find_encoding(r, view_sub(r->pending, 0, HEAD))) {
		*r->fault = (struct xml_fault){ XML_BROKEN, 1, "the file is in an encoding that is not read; UTF-8 is" };
		return 1;
	}
	if (r->wide != BYTES && ((unsigned char)*r->pending.p == 0xff || (unsigned char)*r->pending.p == 0xfe))
		take(r, 2);
	r->good = r->charset == CHARSET_AUTO ? good_bytes(r->pending) : 0;
	return r->stopped ? -1 : 0;
}

static int parse(struct reader *r, xmlSAXHandlerPtr sax)
{
	int rc = read_all(r);

	if (rc != 0)
		return rc;
	r->parser = xmlCreateIOParserCtxt(sax, r, on_read, NULL, r, XML_CHAR_ENCODING_NONE);
	if (r->parser == NULL)
		return -1;
	xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC |
		(r->handler->repaired == NULL ? 0 : XML_PARSE_RECOVER));
	xmlParseDocument(r->parser);
	if (r->stopped || r->host_stopped)
		return -1;
	if (r->fault->kind == XML_GOOD && (r->depth > 0 || (!r->parser->wellFormed && !r->repaired)))
		*r->fault = (struct xml_fault){ XML_BROKEN, line_of(r), words_for(XML_ERR_DOCUMENT_END) };
	return r->fault->kind == XML_GOOD ? 0 : 1;
}

int xml_parse(const struct tally_host *host, const struct xml_handler *handler, void *ctx, struct xml_fault *fault)
{
	xmlSAXHandler sax = { .startElementNs = on_start, .endElementNs = on_end, .characters = on_text, .ignorableWhitespace = on_text, .cdataBlock = on_text,
		.internalSubset = on_doctype, .serror = on_error, .initialized = XML_SAX2_MAGIC };
	struct reader *r = xmlMalloc(sizeof(*r));
	int rc;

	*fault = (struct xml_fault){ 0 };
	if (r == NULL)
		return -1;
	memset(r, 0, offsetof(struct reader, text));
	r->handler = handler;
	r->ctx = ctx;
	r->fault = fault;
	r->host = host;
	r->e.path = r->path;
	r->e.attributes = r->attributes;
	rc = parse(r, &sax);
	if (r->parser != NULL)
		xmlFreeParserCtxt(r->parser);
	xmlFree(r);
	return rc;
}

struct view xml_narrow(struct view head, char out[XML_HEAD])
{
	int wide = wide_of(head);
	size_t n = 0;

	if (wide == BYTES)
		return head;
	for (size_t i = (unsigned char)*head.p >= 0xfe ? 2 : 0; i + 1 < head.n && n < XML_HEAD; i += 2)
		out[n++] = head.p[i + (wide == BIG)];
	return (struct view){ out, n };
}

bool xml_looks_so(struct view head)
{
	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	while (head.n > 0 && (*head.p == ' ' || *head.p == '\n' || *head.p == '\r' || *head.p == '\t'))
		head = view_sub(head, 1, head.n);
	return head.n > 1 && *head.p == '<' && (head.p[1] == '?' || head.p[1] == '!' || head.p[1] == '_' ||
		(head.p[1] | 0x20) >= 'a');
}

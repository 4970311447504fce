/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml - see xml.h; the only file that includes libxml2
 *
 * XML_PARSE_HUGE is never set: libxml2's own limits (10 MB of text, of names, of entities) stay in force behind ours.
 */
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include "formats/lib/xml.h"

#define CHUNK ((size_t)32 << 10)

struct reader {
	const struct xml_handler *handler;
	void *ctx;
	xmlParserCtxtPtr parser;
	struct xml_fault *fault;
	bool stopped;			/* by a callback */
	unsigned depth;			/* of the next element */
	bool leaf;			/* the element that is open has no element inside */
	struct view path[XML_DEPTH];
	struct xml_attribute attributes[XML_ATTRIBUTES];
	bool began;
	size_t n_text, n_chunk;
	char text[XML_TEXT_MAX], chunk[CHUNK];
};

static void stop(struct reader *r)
{
	xmlStopParser(r->parser);
}

static uint64_t line_of(const struct reader *r)
{
	int line = r->parser->input == NULL ? 0 : r->parser->input->line;

	return line < 0 ? 0 : (uint64_t)line;
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

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
	const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct reader *r = ctx;
	struct xml_element e;

	(void)prefix, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
	if (r->stopped || r->fault->kind != XML_GOOD)
		return;
	if (r->depth == XML_DEPTH) {
		at_fault(r, XML_LIMIT, "elements stand inside each other more than 64 deep");
		return;
	}
	if (!take_attributes(r, n_attributes, attributes)) {
		at_fault(r, XML_LIMIT, "an element has more than 32 attributes");
		return;
	}
	r->path[r->depth] = name_view(name);
	e = (struct xml_element){ .name = r->path[r->depth], .depth = r->depth, .path = r->path, .line = line_of(r),
		.attributes = r->attributes, .n_attributes = (unsigned)n_attributes, .uri = name_view(uri) };
	r->depth++;
	r->leaf = true;
	r->n_text = 0;
	if (r->handler->start != NULL && r->handler->start(r->ctx, &e) != 0) {
		r->stopped = true;
		stop(r);
	}
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *r = ctx;
	struct xml_element e;

	(void)name, (void)prefix, (void)uri;
	if (r->stopped || r->fault->kind != XML_GOOD || r->depth == 0)
		return;
	r->depth--;
	e = (struct xml_element){ .name = r->path[r->depth], .depth = r->depth, .path = r->path, .line = line_of(r),
		.leaf = r->leaf };
	if (r->handler->end != NULL && r->handler->end(r->ctx, &e, (struct view){ r->text, r->leaf ? r->n_text : 0 }) != 0) {
		r->stopped = true;
		stop(r);
	}
	r->leaf = false;
	r->n_text = 0;
}

static void on_text(void *ctx, const xmlChar *text, int n)
{
	struct reader *r = ctx;

	if (r->stopped || r->fault->kind != XML_GOOD || !r->leaf)
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

static void on_error(void *ctx, xmlErrorPtr error)
{
	struct reader *r = ctx;

	if (error->level == XML_ERR_FATAL || error->code == XML_ERR_UNDECLARED_ENTITY || error->code == XML_WAR_UNDECLARED_ENTITY)
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

/*
 * What libxml2 converts by itself.  For any other encoding it would ask iconv, which opens files: a cage has none, and the
 * answer would be the machine's.
 */
static bool encoding_known(struct view head)
{
	static const char *const known[] = { "UTF-8", "UTF8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO_8859-1", "LATIN1", NULL };
	struct view name;
	char word[16] = "";

	if (head.n > 0 && ((unsigned char)*head.p >= 0xfe || *head.p == '\0' || (unsigned char)*head.p == 0x4c ||
			   (head.n > 1 && head.p[1] == '\0')))
		return false;					/* UTF-16, UTF-32, EBCDIC */
	if (view_starts(head, VIEW("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	name = declared_encoding(head);
	if (name.n >= sizeof(word))
		return false;
	for (size_t i = 0; i < name.n; i++)
		word[i] = name.p[i] >= 'a' && name.p[i] <= 'z' ? (char)(name.p[i] - 'a' + 'A') : name.p[i];
	for (const char *const *k = known; *k != NULL && name.n > 0; k++)
		if (strcmp(word, *k) == 0)
			return true;
	return name.n == 0;
}

/* What libxml2 says of broken XML depends on where its pieces end, so they end at the same places whatever the windows. */
static void feed_chunk(struct reader *r)
{
	if (!r->began && !encoding_known((struct view){ r->chunk, r->n_chunk }))
		at_fault(r, XML_BROKEN, "the file is in an encoding that is not read: UTF-8, US-ASCII and ISO 8859-1 are");
	else if (r->n_chunk > 0)
		xmlParseChunk(r->parser, r->chunk, (int)r->n_chunk, 0);
	r->began = true;
	r->n_chunk = 0;
}

static void feed(struct reader *r, struct view bytes)
{
	while (bytes.n > 0 && !r->stopped && r->fault->kind == XML_GOOD) {
		struct view piece = view_sub(bytes, 0, sizeof(r->chunk) - r->n_chunk);

		memcpy(r->chunk + r->n_chunk, piece.p, piece.n);
		r->n_chunk += piece.n;
		if (r->n_chunk == sizeof(r->chunk))
			feed_chunk(r);
		bytes = view_sub(bytes, piece.n, bytes.n);
	}
}

static int read_all(struct reader *r, const struct tally_host *host)
{
	struct view window;
	bool any = false;
	int got = 0;

	while (!r->stopped && r->fault->kind == XML_GOOD && (got = host->more(host->ctx, 0, &window)) > 0) {
		any = any || window.n > 0;
		feed(r, window);
	}
	if (got < 0 || r->stopped)
		return -1;
	if (r->fault->kind == XML_GOOD && !any)
		*r->fault = (struct xml_fault){ XML_EMPTY, 0, "the file is empty" };
	if (r->fault->kind == XML_GOOD)
		feed_chunk(r);
	if (r->fault->kind == XML_GOOD && !r->stopped)
		xmlParseChunk(r->parser, NULL, 0, 1);
	if (r->stopped)
		return -1;
	if (r->fault->kind == XML_GOOD && (r->depth > 0 || !r->parser->wellFormed))
		*r->fault = (struct xml_fault){ XML_BROKEN, line_of(r), words_for(XML_ERR_DOCUMENT_END) };
	return r->fault->kind == XML_GOOD ? 0 : 1;
}

int xml_parse(const struct tally_host *host, const struct xml_handler *handler, void *ctx, struct xml_fault *fault)
{
	xmlSAXHandler sax = { .startElementNs = on_start, .endElementNs = on_end, .characters = on_text, .cdataBlock = on_text,
		.internalSubset = on_doctype, .serror = on_error, .initialized = XML_SAX2_MAGIC };
	struct reader *r = xmlMalloc(sizeof(*r));
	int rc = -1;

	*fault = (struct xml_fault){ 0 };
	if (r == NULL)
		return -1;
	memset(r, 0, offsetof(struct reader, text));
	r->handler = handler;
	r->ctx = ctx;
	r->fault = fault;
	r->parser = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
	if (r->parser != NULL) {
		xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOWARNING);
		rc = read_all(r, host);
		xmlFreeParserCtxt(r->parser);
	}
	xmlFree(r);
	return rc;
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml - the elements of an XML file, one after the other, pulled from a host's windows; libxml2's SAX2 parser
 *
 * Names come without their namespace.  start is told when an element begins, end when it ends, with its text when it has
 * no elements inside, as UTF-8; the file may be of any set of charset.h, by its declaration, or UTF-16 of either byte order,
 * by its first bytes.  There is no tree: memory does not grow with the file.
 * Nothing is fetched, no entity is expanded but the five of XML itself, a document type declaration is a fault (so an
 * entity bomb ends at its first line), and the limits below are checked before memory is taken.
 *
 * xml_parse: 0 = read to its end; 1 = the file is at fault, *fault says where and why, what was told before stands;
 * -1 = the host or a callback said stop, or memory is short.  A callback returns 0, or -1 for stop.
 * A handler with `repaired` reads on where a single place is wrong and its meaning plain, and is told where: bytes that are
 * not UTF-8 (taken as ISO 8859-1; told once) or not UTF-16, a declared UTF-16 that is not there, an "&" that begins no reference, a character that XML does not allow.
 * Without it these are faults.
 * A name's bytes are the same pointer each time within one file, so a pointer may be remembered; other views live for the
 * call.  A fault's text never holds the file's own words.
 */
#pragma once

#include "formats/core/format.h"

#define XML_DEPTH 64u
#define XML_TEXT_MAX ((size_t)64 << 10)		/* of one element */
#define XML_ATTRIBUTES 32u

struct xml_attribute { struct view name, value; };

struct xml_element {
	const char *name;			/* its length is not counted: most readers need the pointer alone */
	unsigned depth;				/* of the root: 0 */
	const char *const *path;		/* path[0] is the root's name, path[depth] this one's */
	uint64_t line;				/* on which its tag ends; in end: its end tag's */
	const struct xml_attribute *attributes;	/* start only */
	unsigned n_attributes;
	bool leaf;				/* end only: no element stood inside */
	struct view uri;			/* start only: the namespace, { NULL, 0 } when there is none */
};

enum xml_repair { XML_ENCODING, XML_CHARACTER };

struct xml_handler {
	int (*start)(void *ctx, const struct xml_element *);
	int (*end)(void *ctx, const struct xml_element *, struct view text);
	int (*repaired)(void *ctx, enum xml_repair, uint64_t line, const char *text);		/* may be NULL */
};

enum xml_fault_kind { XML_GOOD, XML_EMPTY, XML_BROKEN, XML_DOCTYPE, XML_LIMIT };

struct xml_fault { enum xml_fault_kind kind; uint64_t line; const char *text; };

int xml_parse(const struct tally_host *, const struct xml_handler *, void *ctx, struct xml_fault *);
/* For a probe: UTF-16 as bytes, in `out`; anything else as it is.  Then: begins as XML does. */
#define XML_HEAD ((size_t)2048)
struct view xml_narrow(struct view head, char out[XML_HEAD]);
bool xml_looks_so(struct view head);

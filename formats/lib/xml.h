/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml - the elements of an XML file, one after the other, pulled from a host's windows; libxml2's SAX2 push parser
 *
 * Names come without their namespace.  start is told when an element begins, end when it ends, with its text when it has
 * no elements inside, as UTF-8; the file may be UTF-8, US-ASCII or ISO 8859-1.  There is no tree: memory does not grow.
 * Nothing is fetched, no entity is expanded but the five of XML itself, a document type declaration is a fault (so an
 * entity bomb ends at its first line), and the limits below are checked before memory is taken.
 *
 * xml_parse: 0 = read to its end; 1 = the file is at fault, *fault says where and why, what was told before stands;
 * -1 = the host or a callback said stop, or memory is short.  A callback returns 0, or -1 for stop.
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
	struct view name;
	unsigned depth;				/* of the root: 0 */
	const struct view *path;		/* path[0] is the root's name, path[depth] this one's */
	uint64_t line;				/* on which its tag ends; in end: its end tag's */
	const struct xml_attribute *attributes;	/* start only */
	unsigned n_attributes;
	bool leaf;				/* end only: no element stood inside */
	struct view uri;			/* start only: the namespace, { NULL, 0 } when there is none */
};

struct xml_handler {
	int (*start)(void *ctx, const struct xml_element *);
	int (*end)(void *ctx, const struct xml_element *, struct view text);
};

enum xml_fault_kind { XML_GOOD, XML_EMPTY, XML_BROKEN, XML_DOCTYPE, XML_LIMIT };

struct xml_fault { enum xml_fault_kind kind; uint64_t line; const char *text; };

int xml_parse(const struct tally_host *, const struct xml_handler *, void *ctx, struct xml_fault *);
bool xml_looks_so(struct view head);		/* for a probe: begins as XML does */

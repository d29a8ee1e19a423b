/* xml.h - reading the small XML documents in which storage services answer.
 *
 * Built on libxml2's push parser with callbacks of our own: no tree, no DTD, no
 * entities but the predefined ones, no network, no files.  A document with a
 * DOCTYPE, deeper than 32 elements or with a text longer than 64 KiB is refused.
 * Namespaces are ignored: names are local names. */
#ifndef MB_COMMON_XML_H
#define MB_COMMON_XML_H

#include "base/buf.h"

#include <stddef.h>

/* Depth counts from 0 for the root.  A failure of a callback ends the parse and is handed on. */
struct mb_xml_events {
    /* May be NULL. */
    mb_status (*open)(void *ctx, const char *name, unsigned depth);
    /* text is what stands directly in this element, "" for one that holds other elements only. */
    mb_status (*close)(void *ctx, const char *name, unsigned depth, const char *text);
};

/* An element whose text belongs into an array of characters of a struct. */
struct mb_xml_field {
    const char *name; /* NULL behind the last */
    size_t at, cap;
};

#define MB_XML_FIELD(name_, type, member)                                                 \
    {                                                                                     \
        .name = (name_), .at = offsetof(type, member), .cap = sizeof(((type *)0)->member) \
    }

/* Cuts what does not fit; passes over an element that is not among fields. */
void mb_xml_take(const struct mb_xml_field *fields, void *out, const char *name, const char *text);

/* White space before the document is skipped: services send it to keep a connection open.  MB_E_PROTOCOL for
 * a document that is broken or incomplete. */
mb_status mb_xml_parse(const char *data, size_t len, const struct mb_xml_events *events, void *ctx,
                       struct mb_error *error);

/* Appends text with the five special characters and the control characters that XML can carry as references.
 * False for text that no XML 1.0 document can carry (other control characters, broken UTF-8, U+FFFE). */
bool mb_xml_escape(struct mb_buf *out, const char *text);

#endif

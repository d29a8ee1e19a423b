/* url.h - percent-encoding, and which hosts are near. */
#ifndef MB_HTTP_URL_H
#define MB_HTTP_URL_H

#include "base/buf.h"
#include "http/headers.h"

/* Appends text with every byte encoded that is neither unreserved (RFC 3986 section 2.3) nor in keep:
 * "/" for a path, "" for a query. */
void mb_url_encode(struct mb_buf *out, const char *text, const char *keep);

/* Appends "name=value" to a query, both encoded, with '&' between. value may be NULL: "name=". */
void mb_url_query(struct mb_buf *query, const char *name, const char *value);

void mb_url_pairs(struct mb_buf *query, const struct mb_pair *pairs); /* pairs may be NULL */

/* In place.  plus: '+' stands for a space, as in forms.  False for a broken escape and for %00; the text is
 * then undefined. */
bool mb_url_decode(char *text, bool plus);

/* Is the host this machine itself, or link-local?  Never reached by a proxy that only the environment names.
 */
bool mb_host_is_local(const char *host);

#endif

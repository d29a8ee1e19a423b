/* origin.h - requests that a website makes the browser of its visitor send.
 *
 * A browser sends along what it knows of the user, and reaches what he reaches, this machine's loopback
 * address too.  It says where a request comes from, though, and a script cannot make it say otherwise. */
#ifndef MB_SERVER_ORIGIN_H
#define MB_SERVER_ORIGIN_H

#include <stdbool.h>

/* Headers of a request; "" where they were not sent. */
struct mb_origin {
    const char *host;       /* Host */
    const char *origin;     /* Origin */
    const char *fetch_site; /* Sec-Fetch-Site */
};

/* Was it sent by a page of another site?  Programs that are no browsers send none of the two. */
bool mb_origin_is_foreign(const struct mb_origin *origin);

/* Is the host an address or localhost?  Any other name may be another's, who has it lead here and then
 * speaks to us as to his own site. */
bool mb_origin_host_is_local(const char *host);

#endif

/* foreign.h - answers that the service itself did not give: those of a proxy in front of it, or of something
 * that is no such service.
 *
 * Whoever knows the service's error documents says first whether an answer holds one; what is left comes
 * here.  A body is then foreign; without a body nobody can tell, and the status means what it always does. */
#ifndef MB_COMMON_FOREIGN_H
#define MB_COMMON_FOREIGN_H

#include "common/endpoint.h"
#include "http/http.h"

/* Who was asked, for messages. */
struct mb_asked {
    const char *service; /* "S3" */
    struct mb_endpoint endpoint;
    const char *label; /* what stands before the endpoint's host in requests, a bucket; or NULL */
};

/* Of "https://host:8443/path?query"; false for anything else. */
bool mb_foreign_origin(const char *url, struct mb_endpoint *out);

/* What a status of 300 and above means without the service's own document, with the reason phrase, who
 * probably sent it and what to change. */
mb_status mb_foreign_fail(struct mb_error *error, const struct mb_http_response *response,
                          const struct mb_asked *asked);

/* MB_E_PROTOCOL for an answer of 2xx that is a web page and no object: before its body came by the headers,
 * and afterwards by the body.  MB_OK otherwise. */
mb_status mb_foreign_refuse_page(const struct mb_http_response *response, struct mb_error *error);

/* Do the headers announce a web page?  Some services do so with every answer that has no body. */
bool mb_foreign_announces_page(const struct mb_http_response *response);

/* Is there anything but white space in the body? */
bool mb_foreign_has_body(const struct mb_http_response *response);

#endif

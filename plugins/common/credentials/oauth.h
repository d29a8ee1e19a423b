/* oauth.h - asking an OAuth 2.0 token endpoint (RFC 6749 section 5) or a metadata service that answers like
 * one, and sending what it gave (RFC 6750 section 2.1). */
#ifndef MB_COMMON_CREDENTIALS_OAUTH_H
#define MB_COMMON_CREDENTIALS_OAUTH_H

#include "base/buf.h"
#include "common/credentials/source.h"

#include <jansson.h>

/* Sends request and reads the JSON object of a 200; anything else is a failure that names the address and
 * what the endpoint said (MB_E_UNAUTHENTICATED when it refuses).  *out is the caller's to json_decref. */
mb_status mb_oauth_ask(struct mb_http *http, const struct mb_http_request *request, json_t **out,
                       const struct mb_call *call);

/* The same for a POST of a form made by mb_url_query. */
mb_status mb_oauth_post(struct mb_http *http, const char *url, const struct mb_buf *form, json_t **out,
                        const struct mb_call *call);

/* A bearer credential from access_token and expires_in (seconds) or, as Azure's App Service tells it,
 * expires_on (seconds since 1970), as number or text; neither is never. */
mb_status mb_oauth_credential(const json_t *answer, const struct mb_credential **out, struct mb_error *error);

/* The token of the machine's or pod's service account, from Google's metadata service: that of
 * source->endpoint, or of the environment's GCE_METADATA_HOST, or the usual one.  A machine without one is
 * MB_E_UNAUTHENTICATED at once. */
mb_status mb_oauth_google_machine(const struct mb_credential_source *source, const struct mb_credential **out,
                                  const struct mb_call *call);

/* Sends request with headers and a bearer token out of tokens; once more with a renewed token when refused
 * says that the answer is about the one that was sent.  NULL for tokens sends none. */
mb_status mb_oauth_send(struct mb_http *http, const struct mb_http_request *request,
                        struct mb_headers *headers, struct mb_credentials *tokens,
                        bool (*refused)(const struct mb_http_response *response),
                        struct mb_http_response *response, const struct mb_call *call);

#endif

#include "common/foreign.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "common/endpoint.h"
#include "http/answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool mb_foreign_has_body(const struct mb_http_response *response)
{
    const char *body = mb_buf_text(&response->body);
    return strspn(body, " \t\r\n") < response->body.len;
}

bool mb_foreign_announces_page(const struct mb_http_response *response)
{
    const char *type = mb_headers_get(&response->headers, "Content-Type");
    return type && strncasecmp(type, "text/html", 9) == 0 && !mb_headers_get(&response->headers, "ETag");
}

static bool is_page(const struct mb_http_response *response)
{
    const char *body = mb_buf_text(&response->body);
    body += strspn(body, " \t\r\n");
    return strncasecmp(body, "<!doctype html", 14) == 0 || strncasecmp(body, "<html", 5) == 0;
}

mb_status mb_foreign_refuse_page(const struct mb_http_response *response, struct mb_error *error)
{
    bool bodiless = response->body.len == 0 && response->received == 0;
    if (!is_page(response) && !(response->safe && bodiless && mb_foreign_announces_page(response)))
        return MB_OK;
    mb_fail(error, MB_E_PROTOCOL,
            "the answer is a web page: a proxy sent it, or this is another service; check address and "
            "port");
    if (!response->safe)
        error->flags |= MB_ERR_AMBIGUOUS;
    return MB_E_PROTOCOL;
}

/* --------------------------------------------------------------- redirects */

bool mb_foreign_origin(const char *url, struct mb_endpoint *out)
{
    char authority[320];
    struct mb_error ignored = {.struct_size = sizeof(ignored)};
    bool tls = strncasecmp(url, "https://", 8) == 0;
    if (!tls && strncasecmp(url, "http://", 7) != 0)
        return false;
    url += tls ? 8 : 7;
    size_t len = strcspn(url, "/?#");
    if (len == 0 || len >= sizeof(authority) || memchr(url, '@', len))
        return false;
    mb_text_fit(authority, len + 1, url);
    return mb_endpoint_parse(out, authority, 0, tls, &ignored) == MB_OK;
}

/* The label in front of the host that was asked is not part of address. */
static const char *without_label(const char *host, const char *label)
{
    size_t len = label ? strlen(label) : 0;
    return len > 0 && strncasecmp(host, label, len) == 0 && host[len] == '.' ? host + len + 1 : host;
}

static void advise_setting(struct mb_error *error, const struct mb_asked *asked, const struct mb_endpoint *to)
{
    const struct mb_endpoint *from = &asked->endpoint;
    const char *host = without_label(to->host, asked->label);
    const char *between = "set ";
    char text[512] = "";
    size_t len = 0;

    if (strcasecmp(host, from->host) != 0) {
        len += (size_t)snprintf(text, sizeof(text), "%saddress to '%.255s'", between, host);
        between = ", ";
    }
    if (to->port != from->port) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sport to %u", between, to->port);
        between = ", ";
    }
    if (to->tls != from->tls)
        snprintf(text + len, sizeof(text) - len, "%suseSSL to %s", between, to->tls ? "true" : "false");
    mb_error_advise(error, "%s", text);
}

/* Only the origin is shown: a query may hold a signature. */
static mb_status fail_redirect(struct mb_error *error, const struct mb_http_response *response,
                               const struct mb_asked *asked, const char *location)
{
    struct mb_endpoint to;
    struct mb_buf authority = MB_BUF_INIT(512);
    const char *reason = response->reason;
    bool elsewhere = mb_foreign_origin(location, &to);

    mb_fail(error, MB_E_CONFIG, "%d%s%s", response->status, *reason ? " " : "", reason);
    error->http_status = response->status;
    struct mb_endpoint named = asked->endpoint;
    if (elsewhere) {
        named = to;
        mb_text_fit(named.host, sizeof(named.host), without_label(to.host, asked->label));
        mb_endpoint_authority(&to, NULL, &authority);
    }
    if (!elsewhere || mb_endpoint_equal(&named, &asked->endpoint)) {
        mb_error_advise(error, "what answers here redirects to %.100s: it is not %s; check address and port",
                        elsewhere ? mb_buf_text(&authority) : "another page", asked->service);
    } else {
        mb_error_advise(error, "it sends on to %s://%s", to.tls ? "https" : "http", mb_buf_text(&authority));
        advise_setting(error, asked, &to);
    }
    mb_buf_done(&authority);
    return MB_E_CONFIG;
}

/* ------------------------------------------------------------------ others */

static bool is_plain_http_to_tls(const struct mb_http_response *response)
{
    const char *text = mb_buf_text(&response->body);
    return response->status == 400 && (strstr(text, "HTTP request to an HTTPS server") ||
                                       strstr(text, "HTTP request was sent to HTTPS"));
}

/* What a foreign body makes of a status: not here is said of a page, not of an object. */
static mb_status status_of(int http_status, bool foreign)
{
    switch (http_status) {
    case 404:
    case 410:
        return foreign ? MB_E_CONFIG : MB_E_NOT_FOUND;
    case 407:
        return MB_E_CONFIG;
    case 413:
    case 414:
    case 431:
        return MB_E_UNSUPPORTED;
    case 409:
        return foreign ? MB_E_INVALID : MB_E_EXISTS;
    default:
        return mb_status_of_http(http_status);
    }
}

static void advise(struct mb_error *error, const struct mb_asked *asked, int http_status, bool foreign)
{
    switch (http_status) {
    case 404:
    case 410:
        if (foreign)
            mb_error_advise(error, "that is not how %s says it: check address and port", asked->service);
        break;
    case 405:
    case 501:
        mb_error_advise(error,
                        "what answers here takes no such request: if it is not a proxy, it is not %s; check "
                        "address and port",
                        asked->service);
        break;
    case 407:
        mb_error_advise(error, "the proxy wants a credential: set proxy to http://USER:PASSWORD@HOST:PORT");
        break;
    case 413:
        mb_error_advise(error,
                        "a proxy in front of the service limits the size of a request: raise its limit");
        break;
    case 414:
    case 431:
        mb_error_advise(error, "a proxy in front of the service limits the length of a request's head: raise "
                               "its limit");
        break;
    case 502:
    case 503:
    case 504:
        mb_error_advise(error, "a proxy in front of the service got no answer from it");
        break;
    default:
        if (foreign)
            mb_error_advise(
                error, "that is no answer of %s: a proxy or firewall gave it; if not, check address and port",
                asked->service);
        break;
    }
}

mb_status mb_foreign_fail(struct mb_error *error, const struct mb_http_response *response,
                          const struct mb_asked *asked)
{
    const char *location = mb_headers_get(&response->headers, "Location");
    const char *server = mb_headers_get(&response->headers, "Server");
    bool foreign = mb_foreign_has_body(response);
    const struct mb_answer answer = {.status = status_of(response->status, foreign)};

    if (response->status < 400 && location)
        return fail_redirect(error, response, asked, location);
    if (is_plain_http_to_tls(response))
        return mb_fail(error, MB_E_CONFIG, "the service speaks TLS at this port: set useSSL to true");
    mb_http_fail_answer(error, response, &answer);
    if (foreign && server)
        mb_error_advise(error, "the server that answered calls itself '%.60s'", server);
    advise(error, asked, response->status, foreign);
    return error->status;
}

#include "http/client.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* "https://host:port" of a URL: what a message may show. */
static void origin(const char *url, char *out, size_t cap)
{
    const char *mark = strstr(url, "://");
    size_t len = mark ? (size_t)(mark - url) + 3 : 0;
    len += strcspn(url + len, "/?");
    mb_text_fit(out, len + 1 < cap ? len + 1 : cap, url);
}

/* libcurl quotes a proxy that it cannot make sense of, with the user and the password in front of its host.
 */
static void hide_userinfo(char *message)
{
    char *at = strrchr(message, '@');
    char *start = strstr(message, "://");
    if (!at || !strcasestr(message, "proxy"))
        return;
    start = start && start < at ? start + 3 : strchr(message, '\'');
    if (start && *start == '\'')
        start++;
    if (!start || at - start < 2)
        return;
    memset(start, '*', 2);
    memmove(start + 2, at, strlen(at) + 1);
}

/* The request may have reached the service, and changes something. */
static uint32_t doubt(const struct mb_exchange *exchange)
{
    return exchange->response->safe ? 0 : MB_ERR_AMBIGUOUS;
}

/* With TLS 1.3 this comes only with the first bytes that are read. */
static bool wants_certificate(const char *message)
{
    return strstr(message, "certificate required") || strstr(message, "bad certificate") ||
           strstr(message, "unknown ca");
}

static mb_status fail_refused(const struct mb_http *http, struct mb_error *error, const char *place,
                              const char *message)
{
    return mb_fail(error, MB_E_CONFIG, "%s refused the TLS handshake (%s): does it want a certificate, %s?",
                   place, message, http->words->client_cert);
}

static mb_status fail_tls(const struct mb_http *http, struct mb_error *error, const char *place,
                          const char *message)
{
    if (strstr(message, "wrong version number") || strstr(message, "packet length too long") ||
        strstr(message, "http request"))
        return mb_fail(error, MB_E_CONFIG, "%s does not speak TLS (%s): %s is wrong, or %s", place, message,
                       http->words->tls, http->place);
    if (wants_certificate(message) || strstr(message, "handshake failure"))
        return fail_refused(http, error, place, message);
    return mb_fail(error, MB_E_UNAVAILABLE, "TLS handshake with %s failed: %s", place, message);
}

static mb_status fail_certificate(const struct mb_http *http, struct mb_error *error, const char *place,
                                  const char *message)
{
    const char *skip = http->words->skip_verify;
    return mb_fail(error, MB_E_CONFIG,
                   "the certificate of %s is not trusted (%s): give its authority in %s%s%s%s", place,
                   message, http->words->ca_file, skip ? ", or set " : "", skip ? skip : "",
                   skip ? " to accept any certificate" : "");
}

static mb_status fail_connection(const struct mb_http *http, const struct mb_exchange *exchange,
                                 const char *place, const char *message)
{
    struct mb_error *error = exchange->call->error;
    if (wants_certificate(message))
        return fail_refused(http, error, place, message);
    if (exchange->answered)
        mb_fail(error, MB_E_UNAVAILABLE, "%s broke off its answer after %llu bytes: %s", place,
                (unsigned long long)exchange->response->received, message);
    else
        mb_fail(error, MB_E_UNAVAILABLE, "the connection to %s broke: %s", place, message);
    error->flags |= doubt(exchange);
    return error->status;
}

mb_status mb_http_fail(const struct mb_http *http, const struct mb_exchange *exchange, CURLcode code,
                       const char *said)
{
    struct mb_error *error = exchange->call->error;
    char place[320], message[CURL_ERROR_SIZE];

    origin(exchange->request->url, place, sizeof(place));
    mb_text_fit(message, sizeof(message), *said ? said : curl_easy_strerror(code));
    hide_userinfo(message);
    mb_text_clean(message);
    switch ((int)code) {
    case CURLE_OUT_OF_MEMORY:
        return mb_fail_memory(error);
    case CURLE_URL_MALFORMAT:
        return mb_fail(error, MB_E_CONFIG, "%s is not the URL of a service (%s): check %s", place, message,
                       http->place);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return mb_fail(error, MB_E_UNAVAILABLE, "%s: check %s", message, http->words->proxy);
    case CURLE_COULDNT_RESOLVE_HOST:
        return mb_fail(error, MB_E_UNAVAILABLE, "%s: check %s", message, http->place);
    case CURLE_COULDNT_CONNECT:
        return mb_fail(error, MB_E_UNAVAILABLE, "cannot connect to %s (%s): check %s", place, message,
                       http->place);
    case CURLE_OPERATION_TIMEDOUT:
        return mb_fail(error, MB_E_UNAVAILABLE, "no connection to %s within %lld ms: check %s", place,
                       (long long)http->connect_timeout_ms, http->place);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return fail_certificate(http, error, place, message);
    case CURLE_SSL_CACERT_BADFILE:
        return mb_fail(error, MB_E_CONFIG, "%s '%s' cannot be used: %s", http->words->ca_file,
                       http->ca_file ? http->ca_file : "(the system's)", message);
    case CURLE_SSL_CERTPROBLEM:
        return mb_fail(error, MB_E_CONFIG, "%s cannot be used: %s", http->words->client_cert, message);
    case CURLE_SSL_CONNECT_ERROR:
        return fail_tls(http, error, place, message);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no status line */
        return mb_fail(error, MB_E_PROTOCOL, "%s does not speak HTTP (%s): %s is wrong, or %s", place,
                       message, http->words->tls, http->place);
    default:
        return fail_connection(http, exchange, place, message);
    }
}

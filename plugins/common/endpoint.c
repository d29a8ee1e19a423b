#include "common/endpoint.h"

#include "base/error.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The scheme in front of the address has to say what useSSL says; *rest is what follows. */
static mb_status skip_scheme(const char *address, bool tls, const char **rest, struct mb_error *error)
{
    *rest = address;
    const char *mark = strstr(address, "://");
    if (!mark)
        return MB_OK;
    bool https = mark - address == 5 && strncasecmp(address, "https", 5) == 0;
    bool http = mark - address == 4 && strncasecmp(address, "http", 4) == 0;
    if (!https && !http)
        return mb_fail(error, MB_E_CONFIG, "address '%s' is neither a host nor an http(s) URL", address);
    if (https != tls)
        return mb_fail(error, MB_E_CONFIG, "address '%s' says %s but useSSL is %s", address,
                       https ? "https" : "http", tls ? "true" : "false");
    *rest = mark + 3;
    return MB_OK;
}

static mb_status parse_port(const char *text, const char *address, uint16_t *port, struct mb_error *error)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || value == 0 || value > 65535)
        return mb_fail(error, MB_E_CONFIG, "address '%s' has a port that is no number from 1 to 65535",
                       address);
    if (*port != 0 && *port != value)
        return mb_fail(error, MB_E_CONFIG, "address '%s' names another port than port, which is %u", address,
                       (unsigned)*port);
    *port = (uint16_t)value;
    return MB_OK;
}

static bool is_host_name(const char *host)
{
    size_t len = strlen(host);
    if (len == 0 || len > 253)
        return false;
    for (const unsigned char *p = (const unsigned char *)host; *p; p++)
        if (!isalnum(*p) && *p != '.' && *p != '-' && *p != '_')
            return false;
    return true;
}

static bool is_ipv6(const char *text)
{
    struct in6_addr parsed;
    char number[64];
    size_t len = strcspn(text, "%"); /* a zone may follow */
    if (len >= sizeof(number))
        return false;
    memcpy(number, text, len);
    number[len] = '\0';
    return inet_pton(AF_INET6, number, &parsed) == 1;
}

/* Splits host from port in place: "[::1]:9000", "::1", "name:9000".  *port is NULL when there is none. */
static bool split_host(char *text, char **host, char **port)
{
    *host = text;
    *port = NULL;
    if (is_ipv6(text))
        return true;
    if (text[0] == '[') {
        char *close = strchr(text, ']');
        if (!close || (close[1] != '\0' && close[1] != ':'))
            return false;
        *port = close[1] == ':' ? close + 2 : NULL;
        *close = '\0';
        *host = text + 1;
        return is_ipv6(*host);
    }
    char *colon = strchr(text, ':');
    if (colon) {
        *colon = '\0';
        *port = colon + 1;
    }
    return is_host_name(text);
}

mb_status mb_endpoint_parse(struct mb_endpoint *out, const char *address, uint16_t port, bool tls,
                            struct mb_error *error)
{
    const char *rest;
    char text[300];
    char *host, *own_port;
    struct in_addr v4;
    struct mb_endpoint parsed = {.tls = tls, .port = port};

    mb_status status = skip_scheme(address, tls, &rest, error);
    if (status != MB_OK)
        return status;
    bool whole = mb_text_fit(text, sizeof(text), rest);
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '/')
        text[len - 1] = '\0';
    if (!whole || !split_host(text, &host, &own_port))
        return mb_fail(error, MB_E_CONFIG, "address '%s' is not the name or number of a host", address);
    if (own_port && (status = parse_port(own_port, address, &parsed.port, error)) != MB_OK)
        return status;
    if (parsed.port == 0)
        parsed.port = tls ? 443 : 80;

    bool v6 = is_ipv6(host);
    parsed.ip = v6 || inet_pton(AF_INET, host, &v4) == 1;
    for (char *p = host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    struct mb_buf bracketed = MB_BUF_INIT(sizeof(parsed.host) - 1);
    mb_buf_printf(&bracketed, v6 ? "[%s]" : "%s", host);
    status = mb_buf_check(&bracketed, "address", error);
    if (status == MB_OK) {
        mb_text_fit(parsed.host, sizeof(parsed.host), mb_buf_text(&bracketed));
        *out = parsed;
    }
    mb_buf_done(&bracketed);
    return status;
}

void mb_endpoint_authority(const struct mb_endpoint *endpoint, const char *prefix, struct mb_buf *out)
{
    if (prefix)
        mb_buf_printf(out, "%s.", prefix);
    mb_buf_puts(out, endpoint->host);
    if (endpoint->port != (endpoint->tls ? 443 : 80))
        mb_buf_printf(out, ":%u", (unsigned)endpoint->port);
}

bool mb_endpoint_equal(const struct mb_endpoint *a, const struct mb_endpoint *b)
{
    return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

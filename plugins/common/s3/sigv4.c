#include "common/s3/sigv4.h"

#include "base/buf.h"
#include "base/error.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HASH = 32, MAX_CANONICAL = 1024 * 1024 };

static void to_hex(const unsigned char *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

mb_status mb_sha256_hex(const void *data, size_t len, char out[65], struct mb_error *error)
{
    unsigned char hash[HASH];
    if (EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL) != 1)
        return mb_fail(error, MB_E_INTERNAL, "SHA-256 is not available");
    to_hex(hash, sizeof(hash), out);
    return MB_OK;
}

static bool mac(const void *key, size_t key_len, const char *text, unsigned char out[HASH])
{
    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), out, NULL) !=
           NULL;
}

/* The key of one day, region and service: HMAC over each in turn. */
static bool derive(const struct mb_sigv4 *key, const char *day, unsigned char out[HASH])
{
    struct mb_buf first = MB_BUF_INIT(4096);
    mb_buf_printf(&first, "AWS4%s", key->secret_key);
    bool done = first.status == MB_OK && mac(mb_buf_text(&first), first.len, day, out) &&
                mac(out, HASH, key->region, out) && mac(out, HASH, key->service, out) &&
                mac(out, HASH, "aws4_request", out);
    mb_buf_wipe(&first);
    return done;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts "b=2&a=1" by name and gives names without a value their '='.  '=' sorts after '%' and the digits, so
 * it is replaced by a byte below all others while sorting. */
static bool canonical_query(struct mb_buf *out, const char *query)
{
    if (!query || !*query)
        return true;
    char *copy = strdup(query);
    size_t count = 1, i = 0;
    for (const char *p = query; *p; p++)
        count += *p == '&';
    char **parts = calloc(count, sizeof(*parts));
    bool done = copy && parts;
    if (done) {
        char *rest = copy;
        for (char *part; (part = strsep(&rest, "&")) != NULL;) {
            char *equals = strchr(part, '=');
            if (equals)
                *equals = '\x01';
            parts[i++] = part;
        }
        qsort(parts, count, sizeof(*parts), compare_texts);
        for (i = 0; i < count; i++) {
            char *equals = strchr(parts[i], '\x01');
            if (equals)
                *equals = '=';
            mb_buf_printf(out, "%s%s%s", i > 0 ? "&" : "", parts[i], equals ? "" : "=");
        }
    }
    free(parts);
    free(copy);
    return done;
}

static int compare_headers(const void *a, const void *b)
{
    const struct mb_header *const *left = a, *const *right = b;
    return strcasecmp((*left)->name, (*right)->name);
}

static void add_lower(struct mb_buf *out, const char *text)
{
    for (; *text; text++)
        mb_buf_putc(out, (char)tolower((unsigned char)*text));
}

/* Without white space at its ends and with single spaces inside. */
static void add_trimmed(struct mb_buf *out, const char *text)
{
    bool gap = false, begun = false;
    for (; *text; text++) {
        if (*text == ' ' || *text == '\t') {
            gap = true;
            continue;
        }
        if (gap && begun)
            mb_buf_putc(out, ' ');
        gap = false;
        begun = true;
        mb_buf_putc(out, *text);
    }
}

static bool canonical_headers(const struct mb_headers *headers, struct mb_buf *lines, struct mb_buf *names)
{
    const struct mb_header **sorted = calloc(headers->count + 1, sizeof(*sorted));
    if (!sorted)
        return false;
    for (size_t i = 0; i < headers->count; i++)
        sorted[i] = &headers->items[i];
    qsort(sorted, headers->count, sizeof(*sorted), compare_headers);
    for (size_t i = 0; i < headers->count; i++) {
        add_lower(lines, sorted[i]->name);
        mb_buf_putc(lines, ':');
        add_trimmed(lines, sorted[i]->value);
        mb_buf_putc(lines, '\n');
        if (i > 0)
            mb_buf_putc(names, ';');
        add_lower(names, sorted[i]->name);
    }
    free(sorted);
    return true;
}

static mb_status canonical_request(const struct mb_sigv4_request *request, const struct mb_headers *headers,
                                   struct mb_buf *names, struct mb_buf *text, struct mb_error *error)
{
    mb_buf_printf(text, "%s\n%s\n", request->method, request->path);
    if (!canonical_query(text, request->query))
        return mb_fail_memory(error);
    mb_buf_putc(text, '\n');
    if (!canonical_headers(headers, text, names))
        return mb_fail_memory(error);
    mb_buf_printf(text, "\n%s\n%s", mb_buf_text(names), request->payload_hash);
    MB_TRY(mb_buf_check(text, "the request to sign", error));
    return mb_buf_check(names, "the list of headers to sign", error);
}

/* The hash of the canonical request, and the list of the headers in it. */
static mb_status hash_request(const struct mb_sigv4_request *request, const struct mb_headers *headers,
                              struct mb_buf *names, char out[65], struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(MAX_CANONICAL);
    mb_status status = canonical_request(request, headers, names, &text, error);
    if (status == MB_OK)
        status = mb_sha256_hex(mb_buf_text(&text), text.len, out, error);
    mb_buf_done(&text);
    return status;
}

struct signing {
    char stamp[17], day[9];
    struct mb_buf names, to_sign;
    unsigned char key[HASH];
};

static mb_status sign(struct signing *signing, const struct mb_sigv4 *key,
                      const struct mb_sigv4_request *request, struct mb_headers *headers,
                      struct mb_error *error)
{
    char request_hash[65], signature[2 * HASH + 1];
    unsigned char code[HASH];

    MB_TRY(mb_headers_status(headers, error));
    MB_TRY(hash_request(request, headers, &signing->names, request_hash, error));
    mb_buf_printf(&signing->to_sign, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", signing->stamp,
                  signing->day, key->region, key->service, request_hash);
    MB_TRY(mb_buf_check(&signing->to_sign, "the scope to sign", error));
    if (!derive(key, signing->day, signing->key) ||
        !mac(signing->key, HASH, mb_buf_text(&signing->to_sign), code))
        return mb_fail(error, MB_E_INTERNAL, "HMAC-SHA-256 is not available");
    to_hex(code, HASH, signature);
    mb_headers_printf(headers, "Authorization",
                      "AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
                      key->access_key, signing->day, key->region, key->service, mb_buf_text(&signing->names),
                      signature);
    return mb_headers_status(headers, error);
}

mb_status mb_sigv4_sign(const struct mb_sigv4 *key, const struct mb_sigv4_request *request,
                        int64_t unix_seconds, struct mb_headers *headers, struct mb_error *error)
{
    struct signing signing = {.names = MB_BUF_INIT(16 * 1024), .to_sign = MB_BUF_INIT(4096)};
    time_t when = (time_t)unix_seconds;
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(signing.stamp, sizeof(signing.stamp), "%Y%m%dT%H%M%SZ", &tm);
    strftime(signing.day, sizeof(signing.day), "%Y%m%d", &tm);
    mb_headers_set(headers, "X-Amz-Date", signing.stamp);
    mb_headers_remove(headers, "Authorization");
    if (key->session_token && *key->session_token)
        mb_headers_set(headers, "X-Amz-Security-Token", key->session_token);
    mb_status status = sign(&signing, key, request, headers, error);
    OPENSSL_cleanse(signing.key, sizeof(signing.key));
    mb_buf_done(&signing.names);
    mb_buf_done(&signing.to_sign);
    return status;
}

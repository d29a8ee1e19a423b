/* sign.c - the Shared Key scheme: "Authorize with Shared Key" of the REST API. */
#include "azure.h"

#include "base/buf.h"
#include "base/error.h"
#include "http/url.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_HEADERS 32

mb_status azure_hmac(const unsigned char *key, size_t key_len, const char *text, char *out, size_t cap,
                     struct mb_error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), digest, &len) ==
            NULL ||
        cap < (len + 2) / 3 * 4 + 1)
        return mb_fail(error, MB_E_INTERNAL, "HMAC-SHA256 failed");
    EVP_EncodeBlock((unsigned char *)out, digest, (int)len);
    return MB_OK;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void put_length(struct mb_buf *text, const struct azure_request *request)
{
    int64_t len = request->http.source ? request->http.source->size : (int64_t)request->http.body_len;
    if (len > 0)
        mb_buf_printf(text, "%lld", (long long)len);
    mb_buf_putc(text, '\n');
}

static int compare_headers(const void *a, const void *b)
{
    const struct mb_header *const *x = a;
    const struct mb_header *const *y = b;
    return strcasecmp((*x)->name, (*y)->name);
}

/* "x-ms-...:value" lines in order. */
static void put_service_headers(struct mb_buf *text, const struct mb_headers *headers)
{
    const struct mb_header *sorted[MAX_HEADERS];
    size_t count = 0;
    for (size_t i = 0; i < headers->count && count < MAX_HEADERS; i++)
        if (strncasecmp(headers->items[i].name, "x-ms-", 5) == 0)
            sorted[count++] = &headers->items[i];
    qsort(sorted, count, sizeof(*sorted), compare_headers);
    for (size_t i = 0; i < count; i++) {
        for (const char *c = sorted[i]->name; *c != '\0'; c++)
            mb_buf_putc(text, (char)tolower((unsigned char)*c));
        mb_buf_printf(text, ":%s\n", sorted[i]->value);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct mb_pair *)a)->name, ((const struct mb_pair *)b)->name);
}

static void put_resource(struct mb_buf *text, const struct mb_store *store,
                         const struct azure_request *request)
{
    struct mb_pair sorted[MAX_HEADERS];
    size_t count = 0;
    mb_buf_printf(text, "/%s%s/", store->account, store->service_path);
    if (!request->for_service)
        mb_url_encode(text, store->container, "");
    if (request->key != NULL) {
        mb_buf_putc(text, '/');
        mb_url_encode(text, request->key, "/");
    }
    for (const struct mb_pair *pair = request->query; pair && pair->name && count < MAX_HEADERS; pair++)
        if (pair->value != NULL)
            sorted[count++] = *pair;
    qsort(sorted, count, sizeof(*sorted), compare_pairs);
    for (size_t i = 0; i < count; i++)
        mb_buf_printf(text, "\n%s:%s", sorted[i].name, sorted[i].value);
}

mb_status azure_sign(const struct mb_store *store, const struct azure_request *request,
                     struct mb_headers *headers, struct mb_error *error)
{
    static const char *const signed_headers[] = {"Content-MD5",         "Content-Type", "",
                                                 "If-Modified-Since",   "If-Match",     "If-None-Match",
                                                 "If-Unmodified-Since", "Range"};
    struct mb_buf text = MB_BUF_INIT(65536);
    char signature[64];
    mb_buf_printf(&text, "%s\n%s\n%s\n", request->http.method,
                  or_empty(mb_headers_get(headers, "Content-Encoding")),
                  or_empty(mb_headers_get(headers, "Content-Language")));
    put_length(&text, request);
    /* The empty name is Date, which x-ms-date stands for. */
    for (size_t i = 0; i < sizeof(signed_headers) / sizeof(*signed_headers); i++)
        mb_buf_printf(&text, "%s\n",
                      *signed_headers[i] ? or_empty(mb_headers_get(headers, signed_headers[i])) : "");
    put_service_headers(&text, headers);
    put_resource(&text, store, request);
    mb_status status = mb_buf_check(&text, "the text to sign", error);
    if (status == MB_OK)
        status = azure_hmac(store->key, store->key_len, text.data, signature, sizeof(signature), error);
    if (status == MB_OK)
        mb_headers_printf(headers, "Authorization", "SharedKey %s:%s", store->account, signature);
    mb_buf_done(&text);
    return status;
}

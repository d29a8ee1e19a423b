#include "milvus/etcd_range.h"

#include "base/clock.h"
#include "base/retry.h"
#include "milvus/channel.h"
#include "milvus/client.h"
#include "milvus/convert.h"

#include <string.h>

#define KEY        "milvus.etcd.endpoints"
#define METHOD     "/etcdserverpb.KV/Range"
#define TIMEOUT_NS (5 * MB_NS_PER_S)
#define MAX_ANSWER ((size_t)64 << 20)

enum { DEFAULT_PORT = 2379, PAGE = 200 };

struct mb_etcd_endpoint {
    struct mb_peer peer;
    struct mb_channel *channel;
};

/* ---------------------------------------------------------------- endpoints */

static mb_status fail_form(const char *text, struct mb_error *error)
{
    return mb_fail(error, MB_E_CONFIG, KEY ": '%s' is not host:port", text);
}

/* "host:port", "[::1]:port", "host". */
static mb_status parse(const char *text, struct mb_arena *arena, const char **host, uint16_t *port,
                       struct mb_error *error)
{
    const char *at = mb_text_starts_with(text, "http://") ? text + strlen("http://") : text;
    int64_t number = DEFAULT_PORT;
    if (strchr(text, '@') != NULL) /* it may be a password */
        return mb_fail(error, MB_E_CONFIG, KEY " names a user: etcd is read without one");
    if (mb_text_starts_with(text, "https://"))
        return mb_fail(error, MB_E_CONFIG, KEY ": %s: etcd is read without TLS only", text);
    bool ipv6 = *at == '[';
    size_t len = strcspn(at += ipv6, ipv6 ? "]/" : ":/");
    const char *behind = at + len + (ipv6 && at[len] == ']');
    if (len == 0 || (ipv6 && at[len] != ']'))
        return fail_form(text, error);
    if (*behind == ':') {
        size_t digits = strspn(behind + 1, "0123456789");
        const char *copy = mb_arena_strndup(arena, behind + 1, digits);
        if (copy == NULL)
            return mb_fail_memory(error);
        if (!mb_text_to_int64(copy, &number) || number < 1 || number > UINT16_MAX)
            return fail_form(text, error);
        behind += 1 + digits;
    }
    if (strcmp(behind, "") != 0 && strcmp(behind, "/") != 0)
        return fail_form(text, error);
    *host = mb_arena_strndup(arena, at, len);
    *port = (uint16_t)number;
    return *host != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status add_endpoint(struct mb_etcd *etcd, const char *text, const struct mb_etcd_options *options,
                              struct mb_error *error)
{
    struct mb_etcd_endpoint *endpoint = &etcd->endpoints[etcd->endpoint_count];
    struct mb_channel_options channel = {
        .tls = MB_MILVUS_TLS_DISABLED, .grpc_speaks = options->grpc_speaks, .peer = &endpoint->peer};
    MB_TRY(parse(text, etcd->arena, &channel.address, &channel.port, error));
    bool ipv6 = strchr(channel.address, ':') != NULL;
    endpoint->peer = (struct mb_peer){.place = mb_arena_printf(etcd->arena, ipv6 ? "[%s]:%u" : "%s:%u",
                                                               channel.address, (unsigned)channel.port),
                                      .keys = "milvus.etcd",
                                      .foreign = true,
                                      .log = options->log,
                                      .secrets = options->log};
    if (endpoint->peer.place == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_channel_open(&endpoint->channel, &channel, error));
    etcd->endpoint_count++;
    return MB_OK;
}

mb_status mb_etcd_add_endpoints(struct mb_etcd *etcd, const struct mb_etcd_options *options,
                                struct mb_error *error)
{
    const struct mb_strings *list = options->endpoints;
    etcd->endpoints = mb_arena_alloc(etcd->arena, list->count + 1, sizeof *etcd->endpoints);
    if (etcd->endpoints == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < list->count; i++)
        MB_TRY(add_endpoint(etcd, list->items[i], options, error));
    return list->count > 0 ? MB_OK : mb_fail(error, MB_E_CONFIG, KEY " names no etcd");
}

void mb_etcd_drop_endpoints(struct mb_etcd *etcd)
{
    for (size_t i = 0; i < etcd->endpoint_count; i++)
        mb_channel_close(etcd->endpoints[i].channel);
}

/* -------------------------------------------------------------------- asking */

struct page {
    struct mb_etcd *etcd;
    Pb__EtcdRangeRequest request;
    ProtobufCBinaryData bytes; /* of the request */
    struct mb_buf response;
    struct mb_arena *arena;
    Pb__EtcdRangeResponse *answer;
};

static mb_status ask_one(struct page *page, const struct mb_etcd_endpoint *endpoint, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    const struct mb_channel_call call = {.path = METHOD,
                                         .request = page->bytes.data,
                                         .request_len = page->bytes.len,
                                         .timeout_ns = TIMEOUT_NS};
    int64_t begun = mb_clock_monotonic();
    mb_buf_reset(&page->response);
    mb_status status = mb_channel_unary(endpoint->channel, &call, &page->response, cancel, error);
    mb_meter_attempt(page->etcd->meter, mb_clock_monotonic() - begun, status);
    MB_TRY(status);
    ProtobufCMessage *answer =
        mb_pb_unpack(&pb__etcd_range_response__descriptor, &page->response, page->arena);
    if (answer == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "%s did not answer as etcd does", endpoint->peer.place);
    page->answer = (Pb__EtcdRangeResponse *)answer;
    return MB_OK;
}

static bool is_final(mb_status status)
{
    return status == MB_OK || status == MB_E_CANCELLED || status == MB_E_NO_MEMORY;
}

/* All of them, beginning with the one that answered last; told gets what each of them said. */
static mb_status ask_each(struct page *page, struct mb_buf *told, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_etcd *etcd = page->etcd;
    size_t first = atomic_load(&etcd->current);
    mb_status status = MB_OK;
    for (size_t i = 0; i < etcd->endpoint_count; i++) {
        size_t at = (first + i) % etcd->endpoint_count;
        status = ask_one(page, &etcd->endpoints[at], cancel, error);
        if (is_final(status)) {
            atomic_store(&etcd->current, at);
            return status;
        }
        mb_buf_printf(told, "%s%s", i > 0 ? "; " : "", error->message);
    }
    return mb_fail(error, status, "milvus' etcd cannot be read (check " KEY "): %s", mb_buf_text(told));
}

static mb_status ask_all(struct page *page, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf told = MB_BUF_INIT(2048);
    mb_status status = ask_each(page, &told, cancel, error);
    mb_buf_done(&told);
    return status;
}

static mb_status ask(struct page *page, unsigned attempts, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_retry retry;
    const struct mb_retry_policy policy = {
        .attempts = attempts, .base_ns = 200 * MB_NS_PER_MS, .cap_ns = MB_NS_PER_S};
    MB_TRY(mb_message_to_bytes(&page->request.base, page->arena, &page->bytes, error));
    mb_retry_init(&retry, &policy);
    while (ask_all(page, cancel, error) < 0)
        MB_TRY(mb_retry_again(&retry, cancel, error));
    return MB_OK;
}

/* The key right behind the last one of the page, in the arena of what follows. */
static mb_status go_on(const struct page *page, struct mb_arena *arena, ProtobufCBinaryData *key,
                       struct mb_error *error)
{
    const ProtobufCBinaryData *last = &page->answer->kvs[page->answer->n_kvs - 1]->key;
    size_t common = last->len < key->len ? last->len : key->len;
    int order = memcmp(last->data, key->data, common);
    if (order < 0 || (order == 0 && last->len < key->len))
        return mb_fail(error, MB_E_PROTOCOL, "milvus' etcd (" KEY ") lists keys that were not asked for");
    uint8_t *next = mb_arena_alloc(arena, 1, last->len + 1);
    if (next == NULL)
        return mb_fail_memory(error);
    memcpy(next, last->data, last->len);
    next[last->len] = 0;
    *key = (ProtobufCBinaryData){.len = last->len + 1, .data = next};
    return MB_OK;
}

static mb_status read_page(struct page *page, unsigned attempts, const struct mb_etcd_visit *visit,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(ask(page, attempts, cancel, error));
    for (size_t i = 0; i < page->answer->n_kvs; i++)
        MB_TRY(visit->entry(visit->ctx, page->answer->kvs[i], page->arena, error));
    return MB_OK;
}

static mb_status read_pages(struct page *page, unsigned attempts, const struct mb_etcd_visit *visit,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    for (;;) {
        struct mb_arena *next = mb_arena_new();
        mb_status status =
            next != NULL ? read_page(page, attempts, visit, cancel, error) : mb_fail_memory(error);
        bool more = status == MB_OK && page->answer->more && page->answer->n_kvs > 0;
        if (more)
            status = go_on(page, next, &page->request.key, error);
        mb_arena_free(page->arena);
        page->arena = next;
        if (status != MB_OK || !more)
            return status;
    }
}

static mb_status read_prefix(struct page *page, const char *prefix, struct mb_buf *end, unsigned attempts,
                             const struct mb_etcd_visit *visit, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    size_t len = strlen(prefix);
    mb_buf_puts(end, prefix);
    MB_TRY(mb_buf_status(end, error));
    end->data[len - 1]++; /* the first key that does not begin so: prefixes end in a slash */
    pb__etcd_range_request__init(&page->request);
    page->request.key = (ProtobufCBinaryData){.len = len, .data = (uint8_t *)mb_pb_text(prefix)};
    page->request.range_end = (ProtobufCBinaryData){.len = len, .data = (uint8_t *)end->data};
    page->request.limit = PAGE;
    return read_pages(page, attempts, visit, cancel, error);
}

mb_status mb_etcd_range(struct mb_etcd *etcd, const char *prefix, unsigned attempts,
                        const struct mb_etcd_visit *visit, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf end = MB_BUF_INIT(4096);
    struct page page = {.etcd = etcd, .response = MB_BUF_INIT(MAX_ANSWER), .arena = mb_arena_new()};
    mb_status status = page.arena != NULL ? read_prefix(&page, prefix, &end, attempts, visit, cancel, error)
                                          : mb_fail_memory(error);
    mb_arena_free(page.arena);
    mb_buf_done(&page.response);
    mb_buf_done(&end);
    return status;
}

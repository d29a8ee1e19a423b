#include "server/head.h"

#include "base/text.h"

#include <microhttpd.h>
#include <string.h>

enum { MAX_SHOWN = 200 };

static bool is_token(const char *name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    const char *p = name;
    for (; *p != '\0'; p++) {
        bool word = (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z');
        if (!word && strchr(others, *p) == NULL)
            return false;
    }
    return p != name;
}

static const char *trimmed(struct mb_arena *arena, const char *value)
{
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;
    return mb_arena_strndup(arena, value, len);
}

static void take_host(struct mb_head *head, const char *value)
{
    head->hosts++;
    head->origin.host = value;
}

static void take_length(struct mb_head *head, const char *value)
{
    int64_t length = 0;
    head->lengths++;
    if (!mb_text_to_int64(value, &length) || length < 0 || *value == '+')
        head->malformed = true;
    else if (head->lengths > 1 && head->length != (uint64_t)length)
        head->malformed = true;
    head->length = (uint64_t)length;
}

static void take_encoding(struct mb_head *head, const char *value)
{
    head->encodings++;
    head->chunked = mb_text_equal_nocase(value, "chunked");
}

/* Of several none counts. */
static void take_authorization(struct mb_head *head, const char *value)
{
    head->authorization = *head->authorization == '\0' ? value : ", ";
}

static enum MHD_Result take(void *ctx, enum MHD_ValueKind kind, const char *name, const char *raw)
{
    struct mb_head *head = ctx;
    const char *value = trimmed(head->arena, raw != NULL ? raw : "");
    (void)kind;
    head->without_memory = head->without_memory || value == NULL;
    if (head->without_memory)
        return MHD_NO;
    head->malformed = head->malformed || !is_token(name);
    if (mb_text_equal_nocase(name, "Host"))
        take_host(head, value);
    else if (mb_text_equal_nocase(name, "Origin"))
        head->origin.origin = value;
    else if (mb_text_equal_nocase(name, "Sec-Fetch-Site"))
        head->origin.fetch_site = value;
    else if (mb_text_equal_nocase(name, "Content-Length"))
        take_length(head, value);
    else if (mb_text_equal_nocase(name, "Transfer-Encoding"))
        take_encoding(head, value);
    else if (mb_text_equal_nocase(name, "Authorization"))
        take_authorization(head, value);
    else if (mb_text_equal_nocase(name, "Accept") && *head->accept == '\0')
        head->accept = value;
    else if (mb_text_equal_nocase(name, "request_id") && head->request_id == NULL)
        head->request_id = value;
    return MHD_YES;
}

mb_status mb_head_read(struct mb_head *out, struct mb_arena *arena, struct MHD_Connection *connection,
                       const char *version, struct mb_error *error)
{
    bool needs_host = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
    *out = (struct mb_head){.arena = arena,
                            .authorization = "",
                            .accept = "",
                            .origin = {.host = "", .origin = "", .fetch_site = ""}};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take, out);
    if (out->without_memory)
        return mb_fail_memory(error);
    if (out->request_id == NULL)
        out->request_id = "";
    if (out->malformed)
        return mb_fail(error, MB_E_INVALID, "a header is malformed");
    if (out->hosts > 1 || (needs_host && out->hosts == 0))
        return mb_fail(error, MB_E_INVALID, "there must be one Host header");
    if (out->encodings > 1 || (out->encodings == 1 && (!out->chunked || out->lengths > 0)))
        return mb_fail(error, MB_E_INVALID, "the body's length is told by Content-Length or chunks alone");
    return MB_OK;
}

bool mb_head_is_plain(const char *text)
{
    size_t len = strlen(text), step = 0;
    if (len > MAX_SHOWN)
        return false;
    for (const char *p = text; *p != '\0'; p += step) {
        step = mb_text_character(p, len - (size_t)(p - text));
        if (step == 0 || (unsigned char)*p < ' ' || *p == '\x7f')
            return false;
    }
    return true;
}

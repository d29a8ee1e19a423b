#include "common/driver.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The only thing a driver keeps outside of a store: where its host is, set once by load. */
static const struct mb_host *_Atomic loaded_by;

mb_status mb_driver_load(const struct mb_host *host, struct mb_error *error)
{
    (void)error;
    atomic_store(&loaded_by, host);
    return MB_OK;
}

const char *mb_driver_user_agent(void)
{
    const struct mb_host *host = atomic_load(&loaded_by);
    return host && host->user_agent ? host->user_agent : "milvus-backup";
}

void mb_driver_log(int level, const char *fmt, ...)
{
    const struct mb_host *host = atomic_load(&loaded_by);
    char text[1024];
    va_list args;

    if (!host || !host->log)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    host->log(host->log_ctx, level, "%s", text);
}

const char *mb_content_type(const struct mb_put_options *opts)
{
    return opts && opts->content_type ? opts->content_type : "application/octet-stream";
}

mb_status mb_unconditional(const struct mb_put_options *opts, const char *what, struct mb_error *error)
{
    if (!mb_put_is_new_only(opts))
        return MB_OK;
    return mb_fail(error, MB_E_UNSUPPORTED, "%s cannot refuse to overwrite an object", what);
}

mb_status mb_upload_id(char *out, size_t digits, size_t cap, struct mb_error *error)
{
    if (cap <= digits)
        return mb_fail(error, MB_E_INTERNAL, "%zu bytes are too few for an upload's id", cap);
    return mb_random_hex(out, digits, error);
}

void mb_part_write(struct mb_part *out, uint32_t number, uint64_t size, const char *receipt)
{
    out->number = number;
    out->size = size;
    mb_text_fit(out->receipt, sizeof(out->receipt), receipt);
}

mb_status mb_driver_decline(struct mb_error *error, bool conditional)
{
    bool refused = error->http_status >= 400 && error->http_status < 500;
    bool vague = error->status == MB_E_INVALID || (error->status == MB_E_EXISTS && !conditional);
    return refused && vague ? mb_fail_as(error, MB_E_UNSUPPORTED) : error->status;
}

/* The part between the quotes. */
static const char *bare_etag(const char *etag, size_t *len)
{
    if (strncmp(etag, "W/", 2) == 0)
        etag += 2;
    *len = strlen(etag);
    if (*len >= 2 && etag[0] == '"' && etag[*len - 1] == '"') {
        *len -= 2;
        return etag + 1;
    }
    return etag;
}

bool mb_etag_equal(const char *a, const char *b)
{
    size_t len_a, len_b;
    a = bare_etag(a, &len_a);
    b = bare_etag(b, &len_b);
    return len_a == len_b && strncasecmp(a, b, len_a) == 0;
}

void mb_etag_copy(char *out, size_t cap, const char *etag)
{
    size_t len;
    const char *bare = bare_etag(etag, &len);
    mb_text_fit(out, len + 1 < cap ? len + 1 : cap, bare);
}

void mb_crc32c_to_base64(uint32_t crc, char out[9])
{
    uint8_t bytes[4];
    mb_crc32c_big_endian(crc, bytes);
    EVP_EncodeBlock((unsigned char *)out, bytes, sizeof(bytes));
}

bool mb_crc32c_from_base64(const char *text, uint32_t *out)
{
    unsigned char bytes[6];
    if (strlen(text) != 8 || strcmp(text + 6, "==") != 0 ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, 8) != 6)
        return false;
    *out = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

static int never_cancelled(const struct mb_call *call)
{
    (void)call;
    return 0;
}

struct mb_call mb_driver_own_call(int64_t within_ns, struct mb_error *error)
{
    return (struct mb_call){.struct_size = sizeof(struct mb_call),
                            .deadline_ns = mb_clock_monotonic() + within_ns,
                            .cancelled = never_cancelled,
                            .error = error};
}

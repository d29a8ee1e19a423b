/* slots.c - the driver's slots, called with a sharp eye on what holds for all of them. */
#include "check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What outputs hold before a call, to see whether a failure wrote to them. */
#define CANARY 0xa5

/* A driver that is not parallel is not called twice at once. */
static void begin(struct session *s)
{
    if (s->lock != NULL)
        pthread_mutex_lock(s->lock);
    s->thread = pthread_self();
    s->error = MB_ERROR_INIT;
}

static void watch_message(struct session *s, const char *slot)
{
    const char *text = s->error.message;
    size_t len = strnlen(text, sizeof(s->error.message));
    if (len == sizeof(s->error.message)) {
        rule_break(s->suite, RULE_ERRORS, "%s left a message without its end", slot);
        return;
    }
    if (len == 0)
        rule_break(s->suite, RULE_ERRORS, "%s failed without a message", slot);
    else if (text[len - 1] == '.' || text[len - 1] == '\n')
        rule_break(s->suite, RULE_ERRORS, "%s: a message ends with a full stop or a line feed: %s", slot,
                   text);
    else if (isupper((unsigned char)text[0]) && len > 1 && islower((unsigned char)text[1]))
        rule_break(s->suite, RULE_ERRORS, "%s: a message begins with a capital: %s", slot, text);
    const char *told = secret_in(s->suite, text);
    if (told != NULL)
        rule_break(s->suite, RULE_SECRETS, "%s: a message holds the value of %s", slot, told);
}

static void watch_flags(struct session *s, const char *slot, mb_status status)
{
    bool retryable = (s->error.flags & MB_ERR_RETRYABLE) != 0;
    switch (status) {
    case MB_E_THROTTLED:
    case MB_E_UNAVAILABLE:
        if (!retryable)
            rule_break(s->suite, RULE_RETRYABLE, "%s: %s is not marked as retryable", slot,
                       mb_status_name(status));
        break;
    case MB_E_INVALID:
    case MB_E_CONFIG:
    case MB_E_UNSUPPORTED:
    case MB_E_NOT_FOUND:
    case MB_E_NO_BUCKET:
    case MB_E_EXISTS:
    case MB_E_FORBIDDEN:
    case MB_E_CANCELLED:
    case MB_E_CALLBACK:
        if (retryable)
            rule_break(s->suite, RULE_RETRYABLE, "%s: %s is marked as retryable: %s", slot,
                       mb_status_name(status), s->error.message);
        break;
    default:
        break;
    }
}

static mb_status end(struct session *s, const char *slot, mb_status status)
{
    if (s->lock != NULL)
        pthread_mutex_unlock(s->lock);
    if (s->error.struct_size != sizeof(s->error))
        rule_break(s->suite, RULE_ERRORS, "%s changed struct_size of the error", slot);
    if (status > MB_END || status < MB_E_CALLBACK)
        rule_break(s->suite, RULE_ERRORS, "%s returned %d, which is no status", slot, status);
    if (status >= 0)
        return status;
    if (s->error.status != status)
        rule_break(s->suite, RULE_ERRORS, "%s returned %d (%s) and left %d in the error", slot, status,
                   mb_status_name(status), s->error.status);
    watch_message(s, slot);
    watch_flags(s, slot, status);
    return status;
}

/* Compares what is left of an output that was filled with the canary. */
static void watch_output(struct session *s, const char *slot, mb_status status, const void *out, size_t len)
{
    const unsigned char *bytes = out;
    for (size_t i = 0; status < 0 && i < len; i++) {
        if (bytes[i] != CANARY) {
            rule_break(s->suite, RULE_OUTPUTS, "%s wrote to its output although it failed with %s", slot,
                       mb_status_name(status));
            return;
        }
    }
}

static void prepare_stat(struct mb_stat *out)
{
    memset(out, CANARY, sizeof(*out));
    out->struct_size = sizeof(*out);
}

static void watch_stat(struct session *s, const char *slot, mb_status status, const struct mb_stat *out)
{
    watch_output(s, slot, status, &out->flags, sizeof(*out) - offsetof(struct mb_stat, flags));
    if (out->struct_size != sizeof(*out))
        rule_break(s->suite, RULE_OUTPUTS, "%s changed struct_size of an mb_stat", slot);
    if (status == MB_OK && strnlen(out->etag, sizeof(out->etag)) == sizeof(out->etag))
        rule_break(s->suite, RULE_OUTPUTS, "%s left an etag without its end", slot);
}

mb_status slot_check(struct session *s)
{
    begin(s);
    return end(s, "check", s->suite->plugin->check(s->store, &s->call));
}

mb_status slot_create_bucket(struct session *s)
{
    begin(s);
    return end(s, "create_bucket", s->suite->plugin->create_bucket(s->store, &s->call));
}

mb_status slot_stat(struct session *s, const char *key, struct mb_stat *out)
{
    prepare_stat(out);
    begin(s);
    mb_status status = end(s, "stat", s->suite->plugin->stat(s->store, key, out, &s->call));
    watch_stat(s, "stat", status, out);
    return status;
}

mb_status slot_get(struct session *s, const char *key, const struct mb_get_options *opts,
                   const struct mb_sink *sink, struct mb_stat *out)
{
    struct mb_get_options all = {.struct_size = sizeof(all)};
    prepare_stat(out);
    begin(s);
    mb_status status =
        end(s, "get", s->suite->plugin->get(s->store, key, opts == NULL ? &all : opts, sink, out, &s->call));
    watch_stat(s, "get", status, out);
    return status;
}

mb_status slot_put(struct session *s, const char *key, const struct mb_put_options *opts,
                   const struct mb_source *source, struct mb_stat *out)
{
    struct mb_put_options plain = {.struct_size = sizeof(plain)};
    prepare_stat(out);
    begin(s);
    mb_status status = end(
        s, "put", s->suite->plugin->put(s->store, key, opts == NULL ? &plain : opts, source, out, &s->call));
    watch_stat(s, "put", status, out);
    return status;
}

mb_status slot_remove(struct session *s, const char *key)
{
    begin(s);
    return end(s, "remove", s->suite->plugin->remove(s->store, key, &s->call));
}

mb_status slot_remove_many(struct session *s, const char *const *keys, size_t count, uint8_t *done)
{
    begin(s);
    return end(s, "remove_many", s->suite->plugin->remove_many(s->store, keys, count, done, &s->call));
}

mb_status slot_list_open(struct session *s, const struct mb_list_options *opts, struct mb_list **out)
{
    memset(out, CANARY, sizeof(struct mb_list *));
    begin(s);
    mb_status status = end(s, "list_open", s->suite->plugin->list_open(out, s->store, opts, &s->call));
    watch_output(s, "list_open", status, out, sizeof(struct mb_list *));
    return status;
}

mb_status slot_list_next(struct session *s, struct mb_list *list, struct mb_page *out)
{
    memset(out, CANARY, sizeof(*out));
    out->struct_size = sizeof(*out);
    begin(s);
    mb_status status = end(s, "list_next", s->suite->plugin->list_next(list, out, &s->call));
    watch_output(s, "list_next", status, &out->entry_size,
                 sizeof(*out) - offsetof(struct mb_page, entry_size));
    return status;
}

void slot_list_close(struct session *s, struct mb_list *list)
{
    begin(s);
    s->suite->plugin->list_close(list);
    end(s, "list_close", MB_OK);
}

mb_status slot_copy(struct session *dst, const char *dst_key, struct session *src, const char *src_key,
                    const struct mb_put_options *opts, struct mb_stat *out)
{
    struct mb_put_options plain = {.struct_size = sizeof(plain)};
    prepare_stat(out);
    begin(dst);
    mb_status status = end(dst, "copy",
                           dst->suite->plugin->copy(dst->store, dst_key, src->store, src_key,
                                                    opts == NULL ? &plain : opts, out, &dst->call));
    watch_stat(dst, "copy", status, out);
    return status;
}

mb_status slot_mpu_begin(struct session *s, const char *key, const struct mb_put_options *opts, char *id,
                         size_t cap)
{
    struct mb_put_options plain = {.struct_size = sizeof(plain)};
    memset(id, CANARY, cap);
    begin(s);
    mb_status status =
        end(s, "mpu_begin",
            s->suite->plugin->mpu_begin(s->store, key, opts == NULL ? &plain : opts, id, cap, &s->call));
    watch_output(s, "mpu_begin", status, id, cap);
    if (status == MB_OK && strnlen(id, cap) == cap)
        rule_break(s->suite, RULE_OUTPUTS, "mpu_begin left an upload id without its end");
    return status;
}

static void watch_part(struct session *s, const char *slot, mb_status status, uint32_t number,
                       const struct mb_part *out)
{
    watch_output(s, slot, status, out, sizeof(*out));
    if (status == MB_OK && out->number != number)
        rule_break(s->suite, RULE_OUTPUTS, "%s of part %u calls it %u", slot, number, out->number);
    if (status == MB_OK && strnlen(out->receipt, sizeof(out->receipt)) == sizeof(out->receipt))
        rule_break(s->suite, RULE_OUTPUTS, "%s left a receipt without its end", slot);
}

mb_status slot_mpu_part(struct session *s, const char *key, const char *id, uint32_t number,
                        const struct mb_source *source, struct mb_part *out)
{
    struct mb_put_options plain = {.struct_size = sizeof(plain)};
    memset(out, CANARY, sizeof(*out));
    begin(s);
    mb_status status = end(
        s, "mpu_part", s->suite->plugin->mpu_part(s->store, key, id, number, &plain, source, out, &s->call));
    watch_part(s, "mpu_part", status, number, out);
    return status;
}

mb_status slot_mpu_copy_part(struct session *dst, const char *key, const char *id, uint32_t number,
                             struct session *src, const char *src_key, uint64_t offset, uint64_t length,
                             struct mb_part *out)
{
    memset(out, CANARY, sizeof(*out));
    begin(dst);
    mb_status status = end(dst, "mpu_copy_part",
                           dst->suite->plugin->mpu_copy_part(dst->store, key, id, number, src->store, src_key,
                                                             offset, length, out, &dst->call));
    watch_part(dst, "mpu_copy_part", status, number, out);
    return status;
}

mb_status slot_mpu_complete(struct session *s, const char *key, const char *id, const struct mb_part *parts,
                            size_t count, struct mb_stat *out)
{
    prepare_stat(out);
    begin(s);
    mb_status status = end(s, "mpu_complete",
                           s->suite->plugin->mpu_complete(s->store, key, id, parts, count, out, &s->call));
    watch_stat(s, "mpu_complete", status, out);
    return status;
}

mb_status slot_mpu_abort(struct session *s, const char *key, const char *id)
{
    begin(s);
    return end(s, "mpu_abort", s->suite->plugin->mpu_abort(s->store, key, id, &s->call));
}

mb_status slot_mpu_list(struct session *s, const char *prefix,
                        mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx)
{
    begin(s);
    return end(s, "mpu_list", s->suite->plugin->mpu_list(s->store, prefix, found, ctx, &s->call));
}

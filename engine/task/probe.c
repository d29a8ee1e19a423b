#include "task/probe.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "task/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One side, and the probe object that was written there. */
struct side {
    const char *name;
    struct mb_storage *storage;
    const struct mb_config_storage *config;
    const char *key;
    bool written;
};

struct probing {
    struct mb_arena *arena;
    struct mb_cancel *cancel;
    struct mb_probe *probe;
    struct side milvus, backup;
    struct mb_error *error;
};

static const unsigned char content = 0x01;

static void note(struct probing *p, const struct side *side, const char *operation, int64_t started)
{
    if (p->probe->count < MB_PROBE_STEPS)
        p->probe->steps[p->probe->count++] =
            (struct mb_probe_step){side->name, operation, mb_clock_monotonic() - started};
}

/* A failure of one operation on one side. */
static mb_status failed(struct probing *p, const struct side *side, const char *operation)
{
    mb_explain(side->config, p->error);
    return mb_error_context(p->error, "%s of the probe in the %s storage", operation, side->name);
}

static mb_status make_keys(struct probing *p)
{
    struct mb_arena *arena = p->arena;
    uint64_t id[2];

    MB_TRY(mb_random_bytes(id, sizeof id, p->error));
    const char *src =
        mb_arena_printf(arena, "milvus_backup_check_src_%016" PRIx64 "%016" PRIx64, id[0], id[1]);
    const char *dst =
        mb_arena_printf(arena, "milvus_backup_check_dst_%016" PRIx64 "%016" PRIx64, id[0], id[1]);
    if (src == NULL || dst == NULL)
        return mb_fail_memory(p->error);
    p->milvus.key = mb_key_join(arena, p->milvus.config->prefix, src);
    p->backup.key = mb_key_join(arena, p->backup.config->prefix, dst);
    return p->milvus.key != NULL && p->backup.key != NULL ? MB_OK : mb_fail_memory(p->error);
}

static mb_status look_for_data(struct probing *p)
{
    struct mb_arena *arena = p->arena;
    const char *root = p->milvus.config->prefix;
    const char *prefix = *root != '\0' ? mb_arena_printf(arena, "%s/", root) : "";
    int64_t started = mb_clock_monotonic();
    bool any = false;

    if (prefix == NULL)
        return mb_fail_memory(p->error);
    if (mb_storage_any(p->milvus.storage, prefix, &any, p->cancel, p->error) != MB_OK)
        return failed(p, &p->milvus, "listing");
    note(p, &p->milvus, "list", started);
    p->probe->milvus_empty = !any;
    return MB_OK;
}

static mb_status write_object(struct probing *p, struct side *side)
{
    int64_t started = mb_clock_monotonic();

    side->written = true;
    if (mb_storage_write(side->storage, side->key, &content, sizeof content, NULL, NULL, p->cancel,
                         p->error) != MB_OK)
        return failed(p, side, "writing");
    note(p, side, "write", started);
    return MB_OK;
}

static mb_status read_object(struct probing *p, const struct side *side)
{
    unsigned char buf[16];
    size_t n = 0;
    int64_t started = mb_clock_monotonic();

    if (mb_storage_read(side->storage, side->key, 0, buf, sizeof buf, NULL, &n, NULL, p->cancel, p->error) !=
        MB_OK)
        return failed(p, side, "reading");
    if (n != 1 || buf[0] != content)
        return mb_fail(p->error, MB_E_CORRUPT, "the probe in the %s storage came back with other bytes",
                       side->name);
    note(p, side, "read", started);
    return MB_OK;
}

static mb_status list_objects(struct probing *p, const struct side *side, struct mb_probe_listing *out)
{
    int64_t started = mb_clock_monotonic();

    if (mb_probe_listing(side->storage, side->key, out, p->cancel, p->error) != MB_OK)
        return failed(p, side, "listing");
    note(p, side, "write and list", started);
    return MB_OK;
}

/* Inside the service where the pair allows it; a service that refuses is no failure, as for a backup. */
static mb_status copy_object(struct probing *p)
{
    int64_t started = mb_clock_monotonic();

    if (!mb_storage_can_copy(p->backup.storage, p->milvus.storage))
        return write_object(p, &p->backup);
    p->backup.written = true;
    mb_status status = mb_storage_copy(p->backup.storage, p->backup.key, p->milvus.storage, p->milvus.key, 1,
                                       NULL, p->cancel, p->error);
    if (status == MB_E_CANCELLED)
        return status;
    if (status != MB_OK) {
        snprintf(p->probe->refusal, sizeof p->probe->refusal, "%s", p->error->message);
        mb_error_clear(p->error);
        return write_object(p, &p->backup);
    }
    p->probe->in_service = true;
    note(p, &p->backup, "copy", started);
    return MB_OK;
}

/* Also after cancellation: nothing is to stay behind. */
static mb_status remove_object(struct probing *p, struct side *side, struct mb_error *error)
{
    int64_t started = mb_clock_monotonic();

    if (!side->written)
        return MB_OK;
    side->written = false;
    if (mb_storage_remove(side->storage, side->key, NULL, error) != MB_OK) {
        mb_explain(side->config, error);
        return mb_error_context(error, "removing the probe %s from the %s storage", side->key, side->name);
    }
    note(p, side, "remove", started);
    return MB_OK;
}

static mb_status probe_both(struct probing *p)
{
    MB_TRY(make_keys(p));
    MB_TRY(look_for_data(p));
    MB_TRY(write_object(p, &p->milvus));
    MB_TRY(read_object(p, &p->milvus));
    MB_TRY(list_objects(p, &p->milvus, &p->probe->milvus_listing));
    MB_TRY(copy_object(p));
    MB_TRY(read_object(p, &p->backup));
    MB_TRY(list_objects(p, &p->backup, &p->probe->backup_listing));
    MB_TRY(remove_object(p, &p->milvus, p->error));
    return remove_object(p, &p->backup, p->error);
}

mb_status mb_probe_run(const struct mb_session *session, struct mb_storage *milvus, struct mb_storage *backup,
                       struct mb_probe *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct probing p = {.arena = mb_arena_new(), .cancel = cancel, .probe = out, .error = error};
    struct mb_error ignored = MB_ERROR_INIT;

    *out = (struct mb_probe){0};
    p.milvus = (struct side){"milvus", milvus, &session->config->milvus_storage, NULL, false};
    p.backup = (struct side){"backup", backup, &session->config->backup_storage, NULL, false};
    mb_status status = p.arena != NULL ? probe_both(&p) : mb_fail_memory(error);
    remove_object(&p, &p.milvus, &ignored);
    remove_object(&p, &p.backup, &ignored);
    mb_arena_free(p.arena);
    return status;
}

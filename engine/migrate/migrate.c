/* The steps of `migrate`.  In: a complete backup, and a cluster of the cloud.  Out: the backup in a volume of
 * the cloud, and the id of the job by which the cloud brings it into the cluster. */
#include "migrate/migrate.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/hint.h"
#include "migrate/place.h"

#include <stdlib.h>
#include <string.h>

/* Credentials that served for nothing so often will not serve. */
enum { VAIN_RENEWALS = 2 };

struct work {
    const struct mb_migrate *migrate;
    struct mb_arena *arena;   /* the caller's */
    struct mb_arena *secrets; /* what the cloud told last */
    struct mb_cloud *cloud;
    struct mb_delivery *delivery;
    struct mb_cloud_wish wish;
    struct mb_cloud_place place;
    struct mb_storage *storage; /* over that place */
    struct mb_catalog to;
    unsigned renewals;
    unsigned vain;   /* of them, one after the other */
    uint64_t before; /* objects that had arrived when credentials were asked for last */
    struct mb_cancel *cancel;
};

/* ------------------------------------------------------------- a place in a volume */

/* Of a backup's name and id: what is made again under an old name never meets what is left of the old one. */
static mb_status choose_path(struct work *work, char **folder, struct mb_error *error)
{
    const char *id = mb_delivery_backup_id(work->delivery);
    *folder = mb_arena_printf(work->arena, "%08x", mb_crc32c(0, id, strlen(id)));
    work->wish.path = mb_arena_printf(work->arena, "%s/%s/", *folder, work->migrate->name);
    return *folder != NULL && work->wish.path != NULL ? MB_OK : mb_fail_memory(error);
}

static void leave_place(struct work *work)
{
    mb_storage_close(work->storage);
    mb_arena_free(work->secrets);
    work->storage = NULL;
    work->secrets = NULL;
}

static mb_status keep_volume(struct work *work, struct mb_error *error)
{
    char until[32] = "";
    if (work->place.expires_ns > 0)
        mb_clock_format(work->place.expires_ns, until, sizeof until);
    mb_log(work->migrate->log, MB_LOG_INFO, "uploading into volume %s, path %s%s%s", work->place.volume,
           work->wish.path, *until != '\0' ? ", with credentials until " : "", until);
    work->wish.volume = mb_arena_strdup(work->arena, work->place.volume);
    return work->wish.volume != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status ask_for_place(struct work *work, struct mb_error *error)
{
    char *folder = NULL;
    leave_place(work);
    work->secrets = mb_arena_new();
    if (work->secrets == NULL)
        return mb_fail_memory(error);
    MB_TRY(choose_path(work, &folder, error));
    MB_TRY(mb_cloud_apply(work->cloud, &work->wish, work->secrets, &work->place, work->cancel, error));
    MB_TRY(keep_volume(work, error));
    MB_TRY(mb_place_holds(&work->place, mb_delivery_objects(work->delivery),
                          mb_delivery_bytes(work->delivery), error));
    MB_TRY(mb_place_open(&work->storage, work->migrate, &work->place, error));
    const char *root = mb_arena_printf(work->arena, "%s%s", work->place.prefix, folder);
    if (root == NULL)
        return mb_fail_memory(error);
    work->to = (struct mb_catalog){.storage = work->storage, .root = root, .log = work->migrate->log};
    work->before = mb_delivery_arrived(work->delivery);
    return MB_OK;
}

/* ------------------------------------------------------------- the upload */

/* The source may have refused as well: only a look at the place alone tells. */
static bool is_refused_there(const struct work *work, const struct mb_error *why)
{
    struct mb_error error = MB_ERROR_INIT;
    bool any = false;
    bool expired = work->place.expires_ns > 0 && mb_clock_wall() >= work->place.expires_ns;
    bool refused = why->status == MB_E_UNAUTHENTICATED || why->status == MB_E_FORBIDDEN;
    if (why->status == MB_E_CANCELLED || (!expired && !refused))
        return false;
    char *below = mb_arena_printf(work->secrets, "%s%s", work->place.prefix, work->wish.path);
    mb_status status =
        below != NULL ? mb_storage_any(work->storage, below, &any, work->cancel, &error) : MB_OK;
    return status == MB_E_UNAUTHENTICATED || status == MB_E_FORBIDDEN || (expired && status == MB_E_INVALID);
}

static mb_status refuse(const struct work *work, struct mb_error *error)
{
    char why[400];
    mb_text_fit(why, sizeof why, error->message);
    return mb_fail(
        error, MB_E_FORBIDDEN,
        "the storage of volume %s refuses the credentials that the cloud gave for it, renewed ones, "
        "too, before one more object has arrived: %s",
        work->place.volume, why);
}

static mb_status renew(struct work *work, struct mb_error *error)
{
    bool vain = mb_delivery_arrived(work->delivery) == work->before;
    work->vain = vain ? work->vain + 1 : 0;
    if (work->vain > VAIN_RENEWALS)
        return refuse(work, error);
    mb_log(work->migrate->log, MB_LOG_INFO, "the volume's credentials are renewed: %s", error->message);
    mb_error_clear(error);
    work->renewals++;
    return ask_for_place(work, error);
}

static mb_status upload(struct work *work, struct mb_error *error)
{
    for (;;) {
        mb_status status = mb_delivery_send(work->delivery, &work->to, work->cancel, error);
        if (status >= 0)
            return status;
        if (!is_refused_there(work, error))
            return status;
        MB_TRY(renew(work, error));
    }
}

/* ------------------------------------------------------------- all of it */

static mb_status begin(struct work *work, struct mb_error *error)
{
    const struct mb_migrate *migrate = work->migrate;
    const struct mb_transfer what = {.from = migrate->from,
                                     .name = migrate->name,
                                     .copy = migrate->copy,
                                     .progress = migrate->progress,
                                     .log = migrate->log};
    MB_TRY(mb_cloud_open(&work->cloud, &migrate->cloud, error));
    MB_TRY(mb_delivery_new(&work->delivery, &what, work->cancel, error));
    return ask_for_place(work, error);
}

static mb_status start_job(struct work *work, struct mb_migrate_report *report, struct mb_error *error)
{
    const char *job = NULL;
    mb_progress_phase(work->migrate->progress, "migrate");
    MB_TRY(mb_cloud_migrate(work->cloud, &work->wish, work->arena, &job, work->cancel, error));
    *report = (struct mb_migrate_report){.sent = *mb_delivery_report(work->delivery),
                                         .volume = work->wish.volume,
                                         .path = work->wish.path,
                                         .job = job,
                                         .renewals = work->renewals};
    return MB_OK;
}

static mb_status run(struct work *work, struct mb_migrate_report *report, struct mb_error *error)
{
    MB_TRY(begin(work, error));
    MB_TRY(upload(work, error));
    return start_job(work, report, error);
}

mb_status mb_migrate(const struct mb_migrate *migrate, struct mb_arena *arena,
                     struct mb_migrate_report *report, struct mb_cancel *cancel, struct mb_error *error)
{
    struct work work = {.migrate = migrate,
                        .arena = arena,
                        .wish = {.cluster = migrate->cluster, .volume = migrate->volume},
                        .cancel = cancel};
    mb_status status = run(&work, report, error);
    if (status < 0 && migrate->volume == NULL && work.wish.volume != NULL)
        mb_error_hint(error, MB_HINT_VOLUME, work.wish.volume);
    leave_place(&work);
    mb_delivery_free(work.delivery);
    mb_cloud_close(work.cloud);
    return status;
}

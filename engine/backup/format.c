#include "backup/snapshot.h"
#include "base/text.h"

#include <string.h>

#define MARK ", snapshots"

const char *mb_create_format_mark(const struct mb_create *create)
{
    return create->snapshots ? MARK : "";
}

static bool is_marked(const char *digest)
{
    size_t len = strlen(digest), mark = strlen(MARK);
    return len >= mark && strcmp(digest + len - mark, MARK) == 0;
}

/* Where nothing else is asked for, an interrupted create is gone on with as it was begun. */
static mb_status look_at_interrupted(struct mb_create *create, bool *found, bool *marked,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim_record record;
    *found = false;
    if (!create->options->resume)
        return MB_OK;
    mb_status status =
        mb_claim_record_read(&create->catalog, create->options->name, create->arena, &record, cancel, error);
    if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        return MB_OK;
    }
    *found = status == MB_OK;
    *marked = *found && is_marked(record.plan_digest);
    return status;
}

static mb_status check_possible(const struct mb_create *create, struct mb_error *error)
{
    const struct mb_milvus_info *milvus = mb_milvus_info(create->env->milvus);
    if (!milvus->can[MB_MILVUS_SNAPSHOTS])
        return mb_fail(error, MB_E_UNSUPPORTED, "snapshots need %s, this is %s",
                       mb_milvus_needs(MB_MILVUS_SNAPSHOTS), milvus->version_text);
    if (create->options->snapshots == NULL)
        return mb_fail(error, MB_E_UNSUPPORTED, "%s; binlogs can be copied instead",
                       create->options->no_snapshots);
    return MB_OK;
}

mb_status mb_create_choose_format(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_error why = MB_ERROR_INIT;
    enum mb_backup_format format = create->options->format;
    bool found = false, marked = false;
    if (format == MB_DATA_BINLOGS || create->options->strategy == MB_STRATEGY_META_ONLY)
        return MB_OK;
    if (format == MB_DATA_AUTO)
        MB_TRY(look_at_interrupted(create, &found, &marked, cancel, error));
    if (format == MB_DATA_SNAPSHOTS || marked)
        MB_TRY(check_possible(create, error));
    if (format == MB_DATA_AUTO && !marked && check_possible(create, &why) < 0) {
        mb_log(create->env->log, MB_LOG_INFO, "binlogs are copied: %s", why.message);
        return MB_OK;
    }
    create->snapshots = format == MB_DATA_SNAPSHOTS || marked || (!found && create->collection_count > 0);
    return MB_OK;
}

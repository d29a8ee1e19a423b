#include "api/hint.h"

#include "base/hint.h"
#include "base/text.h"
#include "service/record.h"

#include <string.h>

/* Every "%s" is the subject. */
static const char *const sentences[MB_HINT_COUNT] = {
    [MB_HINT_RESUME] =
        "go on with it by \"resume\": true, or remove it by DELETE /api/v1/delete?backup_name=%s",
    [MB_HINT_DELETE] = "or remove them by DELETE /api/v1/delete?backup_name=%s",
    [MB_HINT_DELETE_AGAIN] = "delete it once more if GET /api/v1/list?all=true still names it",
    [MB_HINT_TAKE_OVER] = "if you know that nobody is at work on it, add \"take_over\": true",
    [MB_HINT_FORCE_DELETE] = "to delete it all the same, and fail its maker, add the parameter force=true",
    [MB_HINT_TARGET_EXISTS] =
        "give it another name by collection_suffix or collection_renames, replace it by "
        "\"dropExistCollection\": true, or add to it by \"skipCreateCollection\": true",
    [MB_HINT_TARGET_MISSING] = "leave out \"skipCreateCollection\" to have it made",
    [MB_HINT_TARGET_IS_ALIAS] = "name that one by collection_renames, or drop the alias",
    [MB_HINT_RENAME_DATABASE] = "send it to \"default\" by \"collection_renames\": {\"%s.*\": \"default.*\"}",
    [MB_HINT_SKIP_FLUSH] = "\"strategy\": \"skip_flush\" backs up what milvus has written out",
    [MB_HINT_DROP_FIRST] = "release it, or add \"dropFirst\": true",
    [MB_HINT_NO_JOBS] = "leave out \"useV2Restore\"",
    [MB_HINT_EXCLUSIVE] = "leave out %s, or what it excludes",
    [MB_HINT_ALSO] = "add %s",
    [MB_HINT_GO_ON] = "start it again to go on with what is there",
    [MB_HINT_REPLACE] = "remove it by DELETE /api/v1/delete?backup_name=%s",
};

/* What the members of the library's requests are called in bodies and queries. */
static const char *const members[][2] = {
    {"name", "backup_name"},
    {"collections", "collection_names"},
    {"database_collections", "db_collections"},
    {"suffix", "collection_suffix"},
    {"rename", "collection_renames"},
    {"drop_exist_collection", "dropExistCollection"},
    {"drop_first", "dropFirst"},
    {"meta_only", "metaOnly"},
    {"pause_gc", "gc_pause_enable"},
    {"from_peer", "direction"},
    {"collection", "collection_name"},
    {"until_checkpoints", "truncateBinlogByTs"},
    {"drop_exist_index", "dropExistIndex"},
    {"skip_create_collection", "skipCreateCollection"},
    {"restore_index", "restoreIndex"},
    {"use_auto_index", "useAutoIndex"},
    {"use_import_jobs", "useV2Restore"},
    {"max_shards", "maxShardNum"},
    {"plan", "restorePlan"},
    {"mappings", "restorePlan"},
    {"target_filter", "db_collections_after_rename"},
    {"bucket", "bucket_name"},
    {"index_extra", "with_index_extra"},
    {"ezk_mapping", "ezkMapping"},
    {"source_cluster", "sourceClusterID"},
    {"target_cluster", "targetClusterID"},
    {"root_path", "path"},
    {"gc_address", "gc_pause_address"},
    {"skip_collection_properties", "skipParams.collectionProperties"},
    {"skip_field_index_params", "skipParams.fieldIndexParams"},
    {"skip_field_type_params", "skipParams.fieldTypeParams"},
    {"skip_index_params", "skipParams.indexParams"},
};

static const char *member_of(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i][0], name) == 0)
            return members[i][1];
    return name;
}

mb_status mb_api_name_member(struct mb_error *error, const char *member, const char *name)
{
    if (error->hint != MB_HINT_INPUT || strcmp(error->subject, member) != 0)
        return error->status;
    error->hint = MB_HINT_NONE;
    return mb_error_hint(error, MB_HINT_INPUT, name);
}

/* No format from outside is used: the subject may hold anything. */
static const char *sentence_of(const struct mb_error *error, struct mb_arena *arena)
{
    bool is_member = error->hint == MB_HINT_EXCLUSIVE || error->hint == MB_HINT_ALSO;
    const char *subject = is_member ? member_of(error->subject) : error->subject;
    const char *sentence = error->hint < MB_HINT_COUNT ? sentences[error->hint] : NULL;
    const char *place = sentence != NULL ? strstr(sentence, "%s") : NULL;
    if (place == NULL)
        return sentence;
    return mb_arena_printf(arena, "%.*s%s%s", (int)(place - sentence), sentence, subject, place + 2);
}

static const char *or_lack(const char *text)
{
    return text != NULL ? text : "out of memory";
}

const char *mb_api_message(const struct mb_error *error, struct mb_arena *arena)
{
    if (error->hint != MB_HINT_INPUT && error->hint != MB_HINT_IGNORED)
        return or_lack(mb_arena_strdup(arena, error->message));
    return or_lack(mb_arena_printf(arena, "%s: %s", member_of(error->subject), error->message));
}

const char *mb_api_hint(const struct mb_error *error, struct mb_arena *arena)
{
    const char *message = mb_api_message(error, arena), *sentence = sentence_of(error, arena);
    return sentence != NULL ? or_lack(mb_arena_printf(arena, "%s; %s", message, sentence)) : message;
}

const char *mb_api_warning(const struct mb_task_warning *warning, struct mb_arena *arena)
{
    if (warning->hint == MB_HINT_INPUT)
        return mb_arena_printf(arena, "%s %s", member_of(warning->subject), warning->text);
    if (warning->hint == MB_HINT_IGNORED)
        return mb_arena_printf(arena, "collections are chosen in more than one way: %s ignored",
                               member_of(warning->subject));
    return mb_arena_strdup(arena, warning->text);
}

struct mb_error mb_api_record_error(const struct mb_record *record)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_fail(&error, record->status < 0 ? record->status : MB_E_CANCELLED, "%s", record->error);
    error.hint = record->hint;
    mb_text_fit(error.subject, sizeof error.subject, record->hint_subject);
    return error;
}

/* "" for none. */
static const char *go_on(const struct mb_record *record, struct mb_arena *arena)
{
    struct mb_error error = MB_ERROR_INIT;
    if (!record->resumable || record->hint == mb_record_hint(record))
        return "";
    error.hint = mb_record_hint(record);
    mb_text_fit(error.subject, sizeof error.subject, record->backup);
    return sentence_of(&error, arena);
}

static const char *joined(const char *text, const char *more, struct mb_arena *arena)
{
    const char *both =
        mb_arena_printf(arena, "%s%s%s", text, *text != '\0' && *more != '\0' ? "; " : "", more);
    return both != NULL ? both : "out of memory";
}

const char *mb_api_record_hint(const struct mb_record *record, struct mb_arena *arena)
{
    const struct mb_error error = mb_api_record_error(record);
    const char *more = go_on(record, arena);
    return joined(mb_api_hint(&error, arena), more != NULL ? more : "", arena);
}

const char *mb_api_record_advice(const struct mb_record *record, struct mb_arena *arena)
{
    const struct mb_error error = mb_api_record_error(record);
    const char *advice = sentence_of(&error, arena), *more = go_on(record, arena);
    return joined(advice != NULL ? advice : "", more != NULL ? more : "", arena);
}

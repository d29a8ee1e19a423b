#include "catalog/catalog.h"
#include "cli/commands.h"
#include "cli/context.h"

#include <string.h>

struct list_options {
    const char *collection;
    bool all;
};

static const struct mb_flag flags[] = {
    {.name = "collection",
     .letter = 'c',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct list_options, collection),
     .argument = "COLLECTION",
     .help = "Only backups that hold this collection: coll in any database, or db.coll."},
    {.name = "all",
     .offset = offsetof(struct list_options, all),
     .help =
         "Also names, with a note in brackets, what cannot be restored: unfinished and unreadable backups."},
};

static const char *state_of(const struct mb_backup_summary *backup)
{
    if (backup->state == MB_BACKUP_COMPLETE && backup->problem[0] != '\0')
        return "unreadable";
    if (backup->state == MB_BACKUP_IN_PROGRESS && backup->heart != MB_HEART_BEATS)
        return backup->heart == MB_HEART_FAILED ? "failed" : "interrupted";
    return mb_backup_state_name(backup->state);
}

static bool is_usable(const struct mb_backup_summary *backup)
{
    return backup->state == MB_BACKUP_COMPLETE && backup->problem[0] == '\0';
}

static bool is_called(const struct mb_collection_name *collection, const char *name)
{
    size_t db_len = strlen(collection->db_name);
    if (strcmp(collection->name, name) == 0)
        return true;
    return strncmp(collection->db_name, name, db_len) == 0 && name[db_len] == '.' &&
           strcmp(collection->name, name + db_len + 1) == 0;
}

/* What cannot be read may hold any collection, but nobody can say so. */
static bool holds(const struct mb_backup_summary *backup, const char *collection)
{
    for (size_t i = 0; i < backup->collection_count; i++)
        if (is_called(&backup->collections[i], collection))
            return true;
    return false;
}

static json_t *collections_json(const struct mb_backup_summary *backup)
{
    json_t *names = json_array();
    for (size_t i = 0; i < backup->collection_count; i++)
        json_array_append_new(names, json_pack("{s:s, s:s}", "db_name", backup->collections[i].db_name,
                                               "collection_name", backup->collections[i].name));
    return names;
}

static json_t *backup_json(const struct mb_backup_summary *backup)
{
    json_t *value =
        json_pack("{s:o, s:s, s:s, s:I, s:s, s:s, s:o}", "name", mb_json_text(backup->name), "state",
                  state_of(backup), "id", backup->id, "size", (json_int_t)backup->size, "milvus_version",
                  backup->milvus_version, "format", backup->format[0] == '\0' ? "binlog" : backup->format,
                  "collections", collections_json(backup));
    if (value != NULL && backup->failed[0] != '\0') {
        json_object_set_new(value, "failed", mb_json_text(backup->failed));
        json_object_set_new(value, "reason", mb_json_text(backup->reason));
    }
    if (value != NULL && backup->problem[0] != '\0')
        json_object_set_new(value, "problem", mb_json_text(backup->problem));
    return value;
}

static mb_status print_json(struct mb_context *context, const struct mb_backup_summary *backups, size_t count,
                            struct mb_error *error)
{
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, backup_json(&backups[i]));
    return mb_context_json(context, all, error);
}

/* Standard output holds names that can be restored, one a line, for scripts; the rest is told beside it. */
static void print_names(struct mb_context *context, const struct mb_backup_summary *backups, size_t count,
                        bool all)
{
    FILE *out = mb_context_out(context);
    fputs(">> Backups:\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct mb_backup_summary *backup = &backups[i];
        if (!is_usable(backup))
            mb_context_warn(context, "%s is %s: %s", backup->name, state_of(backup), backup->problem);
        if (!is_usable(backup) && !all)
            continue;
        mb_print_clean(out, backup->name);
        if (is_usable(backup))
            fputc('\n', out);
        else
            fprintf(out, " (%s)\n", state_of(backup));
    }
}

static mb_status run(struct mb_context *context, const void *data, struct mb_error *error)
{
    const struct list_options *options = data;
    struct mb_catalog catalog = {.storage = context->backup_store,
                                 .root = context->config->backup_storage.prefix,
                                 .log = context->log};
    struct mb_backup_summary *backups = NULL;
    size_t count = 0, kept = 0;
    bool with_collections = context->global.json || options->collection != NULL;
    if (context->backup_store != NULL)
        MB_TRY(mb_catalog_list(&catalog, with_collections, context->arena, &backups, &count, context->cancel,
                               error));
    for (size_t i = 0; i < count; i++)
        if (options->collection == NULL || holds(&backups[i], options->collection))
            backups[kept++] = backups[i];
    if (context->global.json)
        return print_json(context, backups, kept, error);
    print_names(context, backups, kept, options->all);
    return MB_OK;
}

const struct mb_command mb_command_list = {
    .name = "list",
    .summary = "Lists the backups",
    .description =
        "Only complete backups are listed on standard output. What an interrupted create left, and what "
        "cannot be read, is named on standard error.",
    .example = "milvus-backup list\nmilvus-backup list -c coll\nmilvus-backup list --json",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct list_options),
    .needs = MB_NEEDS_BACKUP_STORE | MB_MAY_LACK_FOLDER,
    .run = run,
};

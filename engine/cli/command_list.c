#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/moment.h"

struct list_options {
    const char *collection;
    bool all;
    bool table;
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
    {.name = "long",
     .letter = 'l',
     .offset = offsetof(struct list_options, table),
     .help = "A table of all backups for people: state, when they were made, how long it took, collections, "
             "rows, size and Milvus' version."},
};

static bool is_usable(const struct mb_backup_entry *backup)
{
    return backup->state == MB_STATE_COMPLETE;
}

static json_t *collections_json(const struct mb_backup_list *backups, size_t i, size_t count)
{
    json_t *names = json_array();
    for (size_t j = 0; j < count; j++) {
        struct mb_backup_collection row = {.struct_size = sizeof row};
        if (mb_backup_list_collection(backups, i, j, &row, NULL) == MB_OK)
            json_array_append_new(names,
                                  json_pack("{s:s, s:s}", "db_name", row.db, "collection_name", row.name));
    }
    return names;
}

static json_t *backup_json(const struct mb_backup_list *backups, size_t i,
                           const struct mb_backup_entry *backup)
{
    json_t *value =
        json_pack("{s:o, s:s, s:s, s:I, s:s, s:s, s:o}", "name", mb_json_text(backup->name), "state",
                  mb_state_name(backup->state), "id", backup->id, "size", (json_int_t)backup->size,
                  "milvus_version", backup->milvus_version, "format", backup->format, "collections",
                  collections_json(backups, i, backup->collection_count));
    if (value != NULL && backup->failed[0] != '\0') {
        json_object_set_new(value, "failed", mb_json_text(backup->failed));
        json_object_set_new(value, "reason", mb_json_text(backup->reason));
    }
    if (value != NULL && backup->problem[0] != '\0')
        json_object_set_new(value, "problem", mb_json_text(backup->problem));
    return value;
}

static mb_status print_json(struct mb_context *context, const struct mb_backup_list *backups,
                            struct mb_error *error)
{
    json_t *all = json_array();
    for (size_t i = 0; i < mb_backup_list_count(backups); i++) {
        struct mb_backup_entry backup = {.struct_size = sizeof backup};
        MB_TRY(mb_backup_list_at(backups, i, &backup, error));
        json_array_append_new(all, backup_json(backups, i, &backup));
    }
    return mb_context_json(context, all, error);
}

/* Standard output holds names that can be restored, one a line, for scripts; the rest is told beside it. */
static mb_status print_names(struct mb_context *context, const struct mb_backup_list *backups, bool all,
                             struct mb_error *error)
{
    FILE *out = mb_context_out(context);
    fputs(">> Backups:\n", out);
    for (size_t i = 0; i < mb_backup_list_count(backups); i++) {
        struct mb_backup_entry backup = {.struct_size = sizeof backup};
        MB_TRY(mb_backup_list_at(backups, i, &backup, error));
        if (!is_usable(&backup))
            mb_context_warn(context, "%s is %s: %s", backup.name, mb_state_name(backup.state),
                            backup.problem);
        if (!is_usable(&backup) && !all)
            continue;
        mb_print_clean(out, backup.name);
        if (is_usable(&backup))
            fputc('\n', out);
        else
            fprintf(out, " (%s)\n", mb_state_name(backup.state));
    }
    return MB_OK;
}

/* One backup as a row; what is not known is a dash. */
static mb_status add_row(struct mb_table *table, const struct mb_backup_entry *backup, struct mb_error *error)
{
    struct mb_arena *arena = table->arena;
    bool usable = is_usable(backup);
    char size[32], took[32];
    const char *const cells[] = {
        backup->name,
        mb_state_name(backup->state),
        mb_moment_text(arena, backup->made_ms),
        backup->took_ms < 0
            ? "-"
            : mb_arena_strdup(arena, mb_text_duration(backup->took_ms * 1000000, took, sizeof took)),
        usable ? mb_arena_printf(arena, "%zu", backup->collection_count) : "-",
        backup->rows < 0 ? "-" : mb_arena_printf(arena, "%lld", (long long)backup->rows),
        usable ? mb_arena_strdup(arena, mb_text_bytes((uint64_t)backup->size, size, sizeof size)) : "-",
        *backup->milvus_version != '\0' ? backup->milvus_version : "-"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (cells[i] == NULL)
            return mb_fail_memory(error);
    mb_table_add(table, cells);
    return MB_OK;
}

static mb_status print_table(struct mb_context *context, const struct mb_backup_list *backups,
                             struct mb_error *error)
{
    static const char *const headings[] = {"NAME",        "STATE", "MADE", "TOOK",
                                           "COLLECTIONS", "ROWS",  "SIZE", "MILVUS"};
    static const bool numbers[] = {false, false, false, true, true, true, true, false};
    struct mb_table table;
    mb_table_init(&table, context->arena, headings, numbers, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < mb_backup_list_count(backups); i++) {
        struct mb_backup_entry backup = {.struct_size = sizeof backup};
        MB_TRY(mb_backup_list_at(backups, i, &backup, error));
        MB_TRY(add_row(&table, &backup, error));
    }
    MB_TRY(mb_table_print(&table, mb_context_out(context), error));
    for (size_t i = 0; i < mb_backup_list_count(backups); i++) {
        struct mb_backup_entry backup = {.struct_size = sizeof backup};
        if (mb_backup_list_at(backups, i, &backup, NULL) == MB_OK && !is_usable(&backup))
            mb_context_warn(context, "%s: %s", backup.name, backup.problem);
    }
    return MB_OK;
}

static mb_status run(struct mb_context *context, const void *data, struct mb_error *error)
{
    const struct list_options *options = data;
    const struct mb_list_request request = {.struct_size = sizeof request,
                                            .collection = options->collection,
                                            .with_collections = context->global.json || options->table,
                                            .with_details = options->table && !context->global.json};
    struct mb_backup_list *backups;
    MB_TRY(mb_session_list(context->session, &request, &backups, error));
    mb_status status = context->global.json ? print_json(context, backups, error)
                       : options->table     ? print_table(context, backups, error)
                                            : print_names(context, backups, options->all, error);
    mb_backup_list_free(backups);
    return status;
}

const struct mb_command mb_command_list = {
    .name = "list",
    .summary = "Lists the backups",
    .description =
        "Only complete backups are listed on standard output. What an interrupted create left, and what "
        "cannot be read, is named on standard error. With -l a table of all of them, which reads every "
        "description. A "
        "terminal gets the same names as a script does: what a script was written against by hand stays "
        "true.",
    .example =
        "milvus-backup list\nmilvus-backup list -l\nmilvus-backup list -c coll\nmilvus-backup list --json",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct list_options),
    .needs = MB_NEEDS_CONFIG,
    .run = run,
};

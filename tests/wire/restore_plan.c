/* restore_plan CONFIG DRIVERS: a program that restores backup b by a plan, which the command line has no
 * words for: one collection twice, a database alone, fewer shards, and keys left out. */
#include "milvus_backup.h"

#include <stdio.h>

static const char *const properties[] = {"collection.ttl.seconds", "nothing"};
static const char *const type_params[] = {"mmap.enabled"};
static const char *const field_index_params[] = {"hint"};
static const char *const index_params[] = {"warm"};

static mb_status restore(struct mb_session *session, const char *name, const char *collection,
                         struct mb_error *error)
{
    const struct mb_restore_mapping mappings[] = {
        {.struct_size = sizeof mappings[0],
         .source_db = "default",
         .source = collection,
         .target_db = "shop",
         .target = "one",
         .shards = 5,
         .description = "as one"},
        {.struct_size = sizeof mappings[0],
         .source_db = "default",
         .source = collection,
         .target_db = "default",
         .target = "two"},
        {.struct_size = sizeof mappings[0],
         .source_db = "default",
         .source = collection,
         .target_db = "default",
         .target = "three"},
        {.struct_size = sizeof mappings[0], .source_db = "default", .target_db = "hollow"},
    };
    const struct mb_restore_request request = {.struct_size = sizeof request,
                                               .name = name,
                                               .restore_index = true,
                                               .mappings = mappings,
                                               .mapping_count = 4,
                                               .target_filter = "shop.*,two,hollow.",
                                               .max_shards = 2,
                                               .skip_collection_properties = properties,
                                               .skip_collection_property_count = 2,
                                               .skip_field_type_params = type_params,
                                               .skip_field_type_param_count = 1,
                                               .skip_field_index_params = field_index_params,
                                               .skip_field_index_param_count = 1,
                                               .skip_index_params = index_params,
                                               .skip_index_param_count = 1};
    struct mb_task *task = NULL;
    mb_status status = mb_restore_start(session, &request, &task, error);
    if (status == MB_OK)
        status = mb_task_wait(task, -1, error);
    for (size_t i = 0; i < mb_task_collection_count(task); i++) {
        struct mb_task_collection row = {.struct_size = sizeof row};
        if (mb_task_collection_at(task, i, &row, NULL) == MB_OK)
            printf("%s.%s %s.%s %lld\n", row.source_db, row.source_name, row.db, row.name,
                   (long long)row.rows);
    }
    mb_task_free(task);
    return status;
}

int main(int argc, char **argv)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_session *session = NULL;

    if (argc != 5)
        return 2;
    const struct mb_session_options options = {
        .struct_size = sizeof options, .config_path = argv[1], .driver_dir = argv[2], .no_log_file = true};
    mb_status status = mb_session_open(&session, &options, &error);
    if (status == MB_OK)
        status = restore(session, argv[3], argv[4], &error);
    mb_session_close(session);
    if (status != MB_OK)
        fprintf(stderr, "%s\n", error.message);
    return status == MB_OK ? 0 : 1;
}

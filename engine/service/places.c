/* What the configuration says of places. */
#include "service/place.h"

#include <string.h>

/* A key and its value, whatever it is called in the configuration's schema; "" when there is none. */
static struct mb_config_row row_of(struct mb_session *session, const char *parameter)
{
    size_t count = mb_session_config_count(session);
    for (size_t i = 0; i < count; i++) {
        struct mb_config_row row = {.struct_size = sizeof row};
        if (mb_session_config_at(session, i, &row, NULL) == MB_OK && strcmp(row.parameter, parameter) == 0)
            return row;
    }
    return (struct mb_config_row){.key = parameter, .value = ""};
}

mb_status mb_places_read(struct mb_places *out, struct mb_session *session, struct mb_error *error)
{
    struct mb_session_about about = {.struct_size = sizeof about};
    struct mb_server_settings server = {.struct_size = sizeof server};
    MB_TRY(mb_session_about(session, &about, error));
    MB_TRY(mb_session_server(session, &server, error));
    const struct mb_config_row management = row_of(session, "Milvus.Management.Endpoint");
    *out = (struct mb_places){.files = *about.backup_bucket == '\0',
                              .bucket = about.backup_bucket,
                              .root_path = about.backup_root_path,
                              .gc_address = management.value,
                              .milvus_address = row_of(session, "Milvus.Grpc.Address").value,
                              .bucket_key = row_of(session, "Backup.Storage.BucketName").key,
                              .root_key = row_of(session, "Backup.Storage.RootPath").key,
                              .gc_key = management.key,
                              .buckets = server.buckets,
                              .root_paths = server.root_paths};
    return MB_OK;
}

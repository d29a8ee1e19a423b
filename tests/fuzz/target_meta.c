/* The description of a backup: each of its files, chosen by the first byte, and what is put together from it.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "catalog/meta_file.h"
#include "catalog/rbac.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    struct fuzz_bytes bytes = {.at = data + 1, .left = len - 1};
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    struct mb_meta_draft draft = {.arena = arena};
    struct mb_json_reader *reader = NULL;
    struct mb_backup backup;
    struct mb_rbac rbac;
    if (arena == NULL || mb_json_reader_new(&reader, "fuzz.json", fuzz_read, &bytes, &error) != MB_OK)
        abort();
    mb_status status = mb_meta_read(&draft, (enum mb_meta_file)(data[0] % 5), reader, &error);
    if (status == MB_OK)
        status = mb_meta_finish(&draft, NULL, &backup, &error);
    if (status == MB_OK && backup.rbac_meta != NULL && *backup.rbac_meta != '\0')
        status = mb_rbac_from_json(backup.rbac_meta, "fuzz", arena, &rbac, &error);
    if (status != MB_OK && error.message[0] == '\0')
        abort();
    mb_json_reader_free(reader);
    mb_arena_free(arena);
    return 0;
}

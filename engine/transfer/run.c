#include "transfer/run.h"

#include "catalog/layout.h"

#include <string.h>

static bool is_meta_file(const char *name, enum mb_meta_file file)
{
    static const char folder[] = "meta/";
    return strncmp(name, folder, sizeof(folder) - 1) == 0 &&
           strcmp(name + sizeof(folder) - 1, mb_layout_meta_name(file)) == 0;
}

bool mb_run_is_commit_file(const char *name)
{
    return is_meta_file(name, MB_META_BACKUP) || is_meta_file(name, MB_META_IN_PROGRESS);
}

mb_status mb_run_key(struct mb_buf *key, const char *dir, const char *name, struct mb_error *error)
{
    mb_buf_reset(key);
    mb_buf_printf(key, "%s/%s", dir, name);
    return mb_buf_status(key, error);
}

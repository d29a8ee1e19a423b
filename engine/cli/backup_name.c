#include "cli/backup_name.h"

#include "catalog/layout.h"

mb_status mb_cli_check_new_name(const char *name, struct mb_error *error)
{
    return mb_layout_check_name(name, error) < 0 ? mb_error_context(error, "--name") : MB_OK;
}

mb_status mb_cli_check_name(const char *name, struct mb_error *error)
{
    return mb_layout_check_existing_name(name, error) < 0 ? mb_error_context(error, "--name") : MB_OK;
}

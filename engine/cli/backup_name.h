/* backup_name.h - the name that --name gives, judged before anything is opened. */
#ifndef MB_CLI_BACKUP_NAME_H
#define MB_CLI_BACKUP_NAME_H

#include "base/error.h"

/* MB_E_INVALID names the flag: of a backup to be made, or of one that somebody made. */
mb_status mb_cli_check_new_name(const char *name, struct mb_error *error);
mb_status mb_cli_check_name(const char *name, struct mb_error *error);

#endif

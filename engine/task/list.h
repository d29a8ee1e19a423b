/* list.h - the list of backups, for whoever has a catalog at hand. */
#ifndef MB_TASK_LIST_H
#define MB_TASK_LIST_H

#include "catalog/catalog.h"
#include "task/abi.h"

/* As mb_session_list; catalog->storage may be NULL: there are no backups.  *out is to be freed. */
mb_status mb_list_read(const struct mb_catalog *catalog, const struct mb_list_request *request,
                       struct mb_backup_list **out, struct mb_cancel *cancel, struct mb_error *error);

#endif

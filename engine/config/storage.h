/* storage.h - one side's storage section: checked, and turned into options for its driver. */
#ifndef MB_CONFIG_STORAGE_H
#define MB_CONFIG_STORAGE_H

#include "config/settings.h"

/* side is MB_ID_MILVUS_STORAGE or MB_ID_BACKUP_STORAGE; folder is what a relative root path starts from. */
void mb_storage_resolve(struct mb_settings *settings, size_t side, const char *folder,
                        struct mb_config_storage *out);

/* Warns when both root paths are the same folder of the same place: backups would lie among Milvus' own data.
 */
void mb_storage_check_overlap(struct mb_settings *settings, const struct mb_config_storage *milvus,
                              const struct mb_config_storage *backup);

#endif

/* memory.h - a whole driver that keeps its objects in memory, one heap of them per open store: loaded as a
 * shared object by some tests and linked into others. */
#ifndef MB_TESTS_MEMORY_H
#define MB_TESTS_MEMORY_H

#include "milvus_backup/storage_plugin.h"

extern const struct mb_storage_plugin memory_plugin;

/* Objects and uploads that lie in the store, for tests to look at. */
size_t memory_object_count(struct mb_store *store);
size_t memory_upload_count(struct mb_store *store);

#endif

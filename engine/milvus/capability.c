/* What servers can do, by their version: the only place where these numbers stand. */
#include "milvus/capability.h"

#include <stddef.h>

struct range {
    struct mb_version since;
    struct mb_version until; /* not any more; 0 for no end */
    const char *needs;
};

static const struct range ranges[MB_MILVUS_CAPABILITIES] = {
    [MB_MILVUS_DATABASES] = {{2, 2, 9}, {0, 0, 0}, "Milvus 2.2.9 or later"},
    [MB_MILVUS_RENAME] = {{2, 2, 9}, {0, 0, 0}, "Milvus 2.2.9 or later"},
    [MB_MILVUS_COUNT_ROWS_EXACTLY] = {{0, 0, 0}, {2, 4, 0}, "Milvus 2.3 or earlier"},
    [MB_MILVUS_IMPORT_SEGMENTS] = {{2, 4, 0}, {0, 0, 0}, "Milvus 2.4 or later"},
    [MB_MILVUS_IMPORT_JOBS] = {{2, 4, 0}, {0, 0, 0}, "Milvus 2.4 or later"},
    [MB_MILVUS_PAUSE_GC] = {{2, 4, 0}, {0, 0, 0}, "Milvus 2.4 or later"},
    [MB_MILVUS_PAUSE_GC_OF_ONE] = {{2, 6, 8}, {0, 0, 0}, "Milvus 2.6.8 or later"},
    [MB_MILVUS_DESCRIBE_DATABASE] = {{2, 4, 3}, {0, 0, 0}, "Milvus 2.4.3 or later"},
    [MB_MILVUS_DESCRIBE_SEGMENT] = {{2, 5, 8}, {0, 0, 0}, "Milvus 2.5.8 or later"},
    [MB_MILVUS_IMPORT_DELETES_TOGETHER] = {{2, 6, 5}, {0, 0, 0}, "Milvus 2.6.5 or later"},
    [MB_MILVUS_CHECK_FUNCTIONS] = {{2, 6, 8}, {0, 0, 0}, "Milvus 2.6.8 or later"},
    [MB_MILVUS_FLUSH_DELETES] = {{2, 3, 0}, {0, 0, 0}, "Milvus 2.3 or later"},
    [MB_MILVUS_IMPORT_UNTIL_TIMESTAMP] = {{2, 4, 0}, {0, 0, 0}, "Milvus 2.4 or later"},
    [MB_MILVUS_FLUSH_ALL] = {{2, 6, 11}, {0, 0, 0}, "Milvus 2.6.11 or later"},
    [MB_MILVUS_RPC_CHANNEL] = {{2, 5, 0}, {2, 6, 0}, "Milvus 2.5"},
    [MB_MILVUS_SNAPSHOTS] = {{3, 0, 0}, {0, 0, 0}, "Milvus 3.0 or later"},
    [MB_MILVUS_REPLICATION] = {{2, 6, 11}, {0, 0, 0}, "Milvus 2.6.11 or later"},
};

bool mb_milvus_version_can(struct mb_version version, enum mb_milvus_capability capability)
{
    const struct range *range = &ranges[capability];
    bool ended = range->until.major > 0 && mb_version_compare(version, range->until) >= 0;
    return mb_version_compare(version, range->since) >= 0 && !ended;
}

const char *mb_milvus_needs(enum mb_milvus_capability capability)
{
    return ranges[capability].needs;
}

/* capability.h - what a version of Milvus can do. */
#ifndef MB_MILVUS_CAPABILITY_H
#define MB_MILVUS_CAPABILITY_H

#include "milvus/milvus.h"
#include "milvus/version.h"

bool mb_milvus_version_can(struct mb_version version, enum mb_milvus_capability capability);

#endif

/* snapshot.h - how Milvus is told of the backup's storage, to which it writes snapshots by itself. */
#ifndef MB_CONFIG_SNAPSHOT_H
#define MB_CONFIG_SNAPSHOT_H

#include "base/arena.h"
#include "config/config.h"

struct mb_config_snapshot {
    const char *uri;    /* of the bucket, with a slash at its end: "s3://a-bucket/" */
    const char *spec;   /* "external_spec", a secret; "" where Milvus gets there as to its own data */
    const char *secret; /* a part of it that is no value of the configuration; or "" */
};

/* Into arena.  MB_E_UNSUPPORTED with a sentence that names the key where Milvus cannot be told of one of the
 * two storages: local disk, a third party's driver, a session token. */
mb_status mb_config_snapshot(const struct mb_config *config, struct mb_arena *arena,
                             struct mb_config_snapshot *out, struct mb_error *error);

#endif

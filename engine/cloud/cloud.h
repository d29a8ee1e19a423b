/* cloud.h - the REST API of a managed Milvus, as far as a backup is brought into it: a place in one of its
 * volumes with credentials for a while, and a migration from there into a cluster.
 *
 * Every failure names what to change; no secret is in any.  Thread-safe. */
#ifndef MB_CLOUD_CLOUD_H
#define MB_CLOUD_CLOUD_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/log.h"

struct mb_cloud;

/* What the user sets, for messages. */
struct mb_cloud_words {
    const char *endpoint; /* a key of the configuration */
    const char *api_key;
    const char *variable; /* of the environment, for the API key; "" for none */
};

/* Strings outlive the client. */
struct mb_cloud_options {
    const char *endpoint; /* "https://host", without a slash at its end */
    const char *api_key;
    struct mb_cloud_words words;
    struct mb_log *log; /* or NULL */
};

/* Asks nothing yet.  MB_E_CONFIG without a key, and for an endpoint to which it would travel unencrypted. */
mb_status mb_cloud_open(struct mb_cloud **out, const struct mb_cloud_options *options,
                        struct mb_error *error);
void mb_cloud_close(struct mb_cloud *cloud); /* NULL is allowed */

/* Is a key sent there readable for others on the way?  Not on this machine. */
bool mb_cloud_is_open_way(const char *url);

struct mb_cloud_wish {
    const char *cluster; /* id of the cluster that the backup is for */
    const char *volume;  /* NULL for one that the cloud makes for a while */
    const char *path;    /* in the volume, with a slash at its end */
};

/* Where objects may be put.  Keys begin with prefix, behind which comes the wish's path. */
struct mb_cloud_place {
    const char *volume;
    const char *provider; /* as the cloud calls whose storage it is */
    const char *endpoint; /* host, host:port or a URL */
    const char *region;   /* "" when not told */
    const char *bucket;
    const char *prefix;     /* "" or with a slash at its end */
    const char *access_key; /* these three are secrets, hidden from the log; "" where there is none */
    const char *secret_key;
    const char *token;
    int64_t expires_ns;   /* of the wall clock; 0 when not told */
    uint64_t max_bytes;   /* that may be put; 0 for no limit */
    uint64_t max_objects; /* the same */
};

/* Asks for a place, or for credentials anew: the same wish with the volume that was told. */
mb_status mb_cloud_apply(struct mb_cloud *cloud, const struct mb_cloud_wish *wish, struct mb_arena *arena,
                         struct mb_cloud_place *out, struct mb_cancel *cancel, struct mb_error *error);

/* Has the cloud begin to migrate what lies at the wish's path of its volume; *job is the id of what it began.
 * The cloud goes on by itself.  Not asked again when it may have begun already. */
mb_status mb_cloud_migrate(struct mb_cloud *cloud, const struct mb_cloud_wish *wish, struct mb_arena *arena,
                           const char **job, struct mb_cancel *cancel, struct mb_error *error);

#endif

/* migrate.h - brings a backup into a managed cluster: uploaded into a volume of the cloud, which goes on from
 * there. */
#ifndef MB_MIGRATE_MIGRATE_H
#define MB_MIGRATE_MIGRATE_H

#include "cloud/cloud.h"
#include "transfer/delivery.h"

struct mb_migrate {
    struct mb_catalog from;
    const char *name;
    const char *cluster;
    const char *volume; /* NULL for one that the cloud makes for a while */
    struct mb_cloud_options cloud;
    struct mb_drivers *drivers;
    /* The driver for what the cloud calls a provider, which takes a key and a token; NULL when there is none.
     */
    const char *(*driver_of)(const char *provider);
    struct mb_storage_options storage; /* for the store over the volume */
    struct mb_copy_options copy;
    struct mb_progress *progress;
    struct mb_log *log;
};

struct mb_migrate_report {
    struct mb_transfer_report sent;
    const char *volume; /* these three in the caller's arena */
    const char *path;   /* in the volume, with a slash at its end */
    const char *job;
    unsigned renewals; /* of the volume's credentials */
};

/* Calling it again with the volume that the first call was given goes on with what lies there.  Credentials
 * that expire on the way are renewed.  The cloud is asked for the migration when everything has arrived; it
 * is not waited for. */
mb_status mb_migrate(const struct mb_migrate *migrate, struct mb_arena *arena,
                     struct mb_migrate_report *report, struct mb_cancel *cancel, struct mb_error *error);

#endif

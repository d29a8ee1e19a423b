/* catalog.h - the backups below one root: which there are, reading, committing and deleting one.
 *
 * A backup is committed or it is not there: a claim puts meta/in_progress.json, write puts the description
 * with backup_meta.json last, and only then is the record taken away.  Thread-safe; cancel may be NULL
 * everywhere.
 */
#ifndef MB_CATALOG_CATALOG_H
#define MB_CATALOG_CATALOG_H

#include "catalog/objects.h"
#include "model/backup.h"

struct mb_claim; /* claim.h */

/* Borrows everything; make it where it is needed. */
struct mb_catalog {
    struct mb_storage *storage;
    const char *root;     /* backup root path; may be empty */
    struct mb_log *log;   /* or NULL */
    struct mb_memo *memo; /* of listings (memo.h); or NULL */
};

enum mb_backup_state {
    MB_BACKUP_ABSENT,
    MB_BACKUP_IN_PROGRESS, /* marked as being made; or its maker was killed */
    MB_BACKUP_COMPLETE,
    MB_BACKUP_FOREIGN /* objects without a whole description: what a tool without records, or a delete, left
                       */
};

/* What lies under that name; MB_BACKUP_ABSENT is an answer and no failure. */
mb_status mb_catalog_state(const struct mb_catalog *catalog, const char *name, enum mb_backup_state *out,
                           struct mb_cancel *cancel, struct mb_error *error);

/* The whole description, into arena: full_meta.json, else the four level files.  Reads what every version of
 * the Go program wrote.  The backup's name is the directory's.  MB_E_NOT_FOUND when there is no such backup,
 * MB_E_CORRUPT when it is not complete, or with file and position when it cannot be read.
 */
mb_status mb_catalog_read(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                          struct mb_backup *out, struct mb_cancel *cancel, struct mb_error *error);

/* As mb_catalog_read, for who is to work with all of it: where full_meta.json and the level files differ, the
 * one counts that names more, and full_meta.json where they name as much.  What level files cannot hold comes
 * from full_meta.json in any case.  *difference, in arena, says how they differ; NULL when they do not, or
 * when there are only level files. */
mb_status mb_catalog_read_fuller(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                                 struct mb_backup *out, const char **difference, struct mb_cancel *cancel,
                                 struct mb_error *error);

/* The description as each of the two ways to write it says it. */
struct mb_descriptions {
    bool has_full, has_levels; /* and they can be read */
    struct mb_backup full, levels;
    struct mb_error full_error, levels_error; /* why full_meta.json, or a level file, cannot be; or MB_OK */
    const char *bad_level;                    /* its name ("segment_meta.json"); NULL for none */
};

/* Both of them, into arena; of the level files an outline (meta_file.h) where full_meta.json can be read.
 * Fails as mb_catalog_read does, except that one that cannot be read is told in
 * out as long as the other can be. */
mb_status mb_catalog_read_both(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                               struct mb_descriptions *out, struct mb_cancel *cancel, struct mb_error *error);

/* Aborts every unfinished upload below the backup's directory: what a killed run had begun would lie in the
 * service, and be billed, for good.  Who goes on with a backup calls it twice, when taking over and before
 * the commit: a service may still be working on the last requests of the killed run when the first call is
 * made. */
mb_status mb_catalog_abort_uploads(const struct mb_catalog *catalog, const char *name,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* Commits: level files, full_meta.json, objects (may be NULL), all of which are read back; then
 * backup_meta.json, and the record goes.  MB_E_CORRUPT when the store gives out something else than was
 * written, or a reader would refuse it; MB_E_EXISTS when the claim is lost: somebody deleted or took over the
 * backup meanwhile. */
mb_status mb_catalog_write(const struct mb_catalog *catalog, struct mb_claim *claim,
                           const struct mb_backup *backup, struct mb_objects *objects,
                           struct mb_cancel *cancel, struct mb_error *error);

/* Would a reader take what is said of these collections?  MB_E_CORRUPT with what contradicts what. */
mb_status mb_catalog_judge(struct mb_collection_backup *collections, size_t count, struct mb_error *error);

/* Of who makes a backup that is in progress. */
enum mb_heart {
    MB_HEART_BEATS,   /* somebody is at work */
    MB_HEART_STOPPED, /* nobody is: killed, or cut off */
    MB_HEART_FAILED   /* nobody is, and the reason is known */
};

struct mb_collection_name {
    const char *db_name;
    const char *name;
};

struct mb_backup_summary {
    const char *name;
    enum mb_backup_state state;
    enum mb_heart heart; /* of one in progress */
    const char *failed;  /* when it failed, "2026-11-21T06:49:30Z"; or "" */
    const char *reason;  /* why; or "" */
    const char
        *problem; /* why a complete backup cannot be read, or what keeps it from being complete; or "" */
    const char *id;
    const char *milvus_version;
    const char *format; /* "" is binlogs */
    int64_t size;       /* bytes */
    struct mb_collection_name *collections;
    size_t collection_count;
    const char
        *stamp; /* of a complete one's description, for the memo; "" where the storage tells too little */
};

/* Every backup under the root, whatever its state, by name, into arena; entries that are no backups are left
 * out.  collections are read only when asked for, which costs one more file per backup; for its size one of
 * snapshots costs that in any case. */
mb_status mb_catalog_list(const struct mb_catalog *catalog, bool with_collections, struct mb_arena *arena,
                          struct mb_backup_summary **out, size_t *count, struct mb_cancel *cancel,
                          struct mb_error *error);

/* Removes everything below the backup's directory, unfinished uploads too, backup_meta.json first: a delete
 * that is cut short leaves no complete backup.  Needs no readable description.  MB_E_NOT_FOUND when nothing
 * is there; MB_E_INVALID when what is there does not look like a backup; MB_E_EXISTS while somebody makes it,
 * unless by force: then the maker fails.  removed may be NULL. */
mb_status mb_catalog_delete(const struct mb_catalog *catalog, const char *name, bool force, uint64_t *removed,
                            struct mb_cancel *cancel, struct mb_error *error);

/* The description as the JSON of full_meta.json; without partitions and segments when brief, indented when
 * indent > 0. */
mb_status mb_catalog_show(const struct mb_backup *backup, bool brief, unsigned indent,
                          const struct mb_sink *sink, struct mb_error *error);

#endif

/* catalog.h - the backups below one root: which there are, reading, committing and deleting one.
 *
 * A backup is committed or it is not there: begin puts meta/in_progress.json, write puts the description with
 * backup_meta.json last, and only then is the mark taken away.  Thread-safe; cancel may be NULL everywhere.
 */
#ifndef MB_CATALOG_CATALOG_H
#define MB_CATALOG_CATALOG_H

#include "catalog/objects.h"
#include "model/backup.h"

/* Borrows everything; make it where it is needed. */
struct mb_catalog {
    struct mb_storage *storage;
    const char *root;   /* backup root path; may be empty */
    struct mb_log *log; /* or NULL */
};

enum mb_backup_state {
    MB_BACKUP_ABSENT,
    MB_BACKUP_IN_PROGRESS, /* marked as being made; or its maker was killed */
    MB_BACKUP_COMPLETE,
    MB_BACKUP_FOREIGN /* objects without a whole description: what a tool without marks, or a delete, left */
};

const char *mb_backup_state_name(enum mb_backup_state state); /* "absent", "in progress", ... */

mb_status mb_catalog_state(const struct mb_catalog *catalog, const char *name, enum mb_backup_state *out,
                           struct mb_cancel *cancel, struct mb_error *error);

/* The whole description, into arena: full_meta.json, else the four level files.  Reads what every version of
 * the Go program wrote.  The backup's name is the directory's.  MB_E_NOT_FOUND when there is no such backup,
 * MB_E_EXISTS when it is there but not complete, MB_E_CORRUPT with file and position when it cannot be read.
 */
mb_status mb_catalog_read(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                          struct mb_backup *out, struct mb_cancel *cancel, struct mb_error *error);

/* meta/in_progress.json. */
struct mb_in_progress {
    const char *backup_id;   /* that of the backup to come; unique */
    const char *plan_digest; /* of what is to be backed up: a resumed create must plan the same */
    const char *owner;       /* see base/owner.h */
    const char *started;     /* "2026-11-21T06:49:30Z"; set by mb_catalog_begin */
};

/* Claims a name that is free.  Of several at once one wins; the others get MB_E_EXISTS with a sentence that
 * says what lies there and what can be done. */
mb_status mb_catalog_begin(const struct mb_catalog *catalog, const char *name,
                           const struct mb_in_progress *mark, struct mb_cancel *cancel,
                           struct mb_error *error);

/* The mark of a backup in progress, into arena.  MB_E_NOT_FOUND without one. */
mb_status mb_catalog_read_mark(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                               struct mb_in_progress *out, struct mb_cancel *cancel, struct mb_error *error);

/* Makes this process the owner of a mark that was read, so that the next one finds it at work; the owner's
 * text goes into arena.  MB_E_EXISTS while the owner lives, or when somebody else does the same. */
mb_status mb_catalog_take_over(const struct mb_catalog *catalog, const char *name,
                               struct mb_in_progress *mark, struct mb_arena *arena, struct mb_cancel *cancel,
                               struct mb_error *error);

/* Aborts every unfinished upload below the backup's directory: what a killed run had begun would lie in the
 * service, and be billed, for good.  Who goes on with a backup calls it twice, when taking over and before
 * the commit: a service may still be working on the last requests of the killed run when the first call is
 * made. */
mb_status mb_catalog_abort_uploads(const struct mb_catalog *catalog, const char *name,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* Takes the mark away when it is backup_id's, for a create that failed before it copied anything: the name is
 * free again, whatever was cancelled. */
mb_status mb_catalog_abandon(const struct mb_catalog *catalog, const char *name, const char *backup_id,
                             struct mb_error *error);

/* Takes the mark of a backup away that is committed: whatever was cancelled, and a failure is only logged,
 * for the backup is there. */
void mb_catalog_unmark(const struct mb_catalog *catalog, const char *name, const char *backup_id);

/* Commits: level files, full_meta.json, objects (may be NULL), then backup_meta.json, then the mark goes.
 * Refused with MB_E_EXISTS unless the mark is that of backup->id: somebody deleted or took over the backup
 * meanwhile. */
mb_status mb_catalog_write(const struct mb_catalog *catalog, const struct mb_backup *backup,
                           struct mb_objects *objects, struct mb_cancel *cancel, struct mb_error *error);

struct mb_collection_name {
    const char *db_name;
    const char *name;
};

struct mb_backup_summary {
    const char *name;
    enum mb_backup_state state;
    const char
        *problem; /* why a complete backup cannot be read, or what keeps it from being complete; or "" */
    const char *id;
    const char *milvus_version;
    const char *format; /* "" is binlogs */
    int64_t size;       /* bytes */
    struct mb_collection_name *collections;
    size_t collection_count;
};

/* Every backup under the root, whatever its state, by name, into arena; entries that are no backups are left
 * out.  collections are read only when asked for, which costs one more file per backup. */
mb_status mb_catalog_list(const struct mb_catalog *catalog, bool with_collections, struct mb_arena *arena,
                          struct mb_backup_summary **out, size_t *count, struct mb_cancel *cancel,
                          struct mb_error *error);

/* Removes everything below the backup's directory, unfinished uploads too, backup_meta.json first: a delete
 * that is cut short leaves no complete backup.  Needs no readable description.  MB_E_NOT_FOUND when nothing
 * is there; MB_E_INVALID when what is there does not look like a backup.  removed may be NULL. */
mb_status mb_catalog_delete(const struct mb_catalog *catalog, const char *name, uint64_t *removed,
                            struct mb_cancel *cancel, struct mb_error *error);

/* The description as the JSON of full_meta.json; without partitions and segments when brief, indented when
 * indent > 0. */
mb_status mb_catalog_show(const struct mb_backup *backup, bool brief, unsigned indent,
                          const struct mb_sink *sink, struct mb_error *error);

#endif

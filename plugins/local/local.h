/* local.h - what the files of the local driver share.
 *
 * A key is a path below the root.  Nothing below the root is reached through a symbolic link: two keys never
 * name one object, a listing cannot go in circles, and no key leads out.  Names that begin with
 * LOCAL_HIDDEN are the driver's own (a put or an upload in progress, or what is left of one). */
#ifndef MB_PLUGINS_LOCAL_H
#define MB_PLUGINS_LOCAL_H

#include "base/file.h"
#include "common/call.h"
#include "common/table.h"

#include <limits.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define LOCAL_HIDDEN ".milvus-backup-"

struct mb_store {
    char *root; /* absolute, without symbolic links as far as it existed at open */
    bool fsync;
    char boot[9];           /* this boot of the machine: parts that were not synced do not outlive it */
    atomic_bool no_openat2; /* the kernel has refused it */
    atomic_bool unsynced; /* a directory was made whose name may not be on the disk: see local_target_sync */
};

/* ---------------------------------------------------------------- path.c */

/* MB_E_INVALID unless key is a relative path of ordinary names. */
mb_status local_check_key(const char *key, struct mb_error *error);

/* The same for what a listing begins with: the last name may be cut short or missing. */
mb_status local_check_prefix(const char *prefix, struct mb_error *error);

/* errno's status with "<verb> '<root>/<path>'" in front. */
mb_status local_fail(struct mb_error *error, int sys_errno, const struct mb_store *store, const char *verb,
                     const char *path);

/* MB_E_NO_BUCKET when there is no root directory. */
mb_status local_open_root(const struct mb_store *store, int *fd, struct mb_error *error);

/* The last name of a key. */
const char *local_last_name(const char *key);

/* The length of the directory above what the first len bytes of key name; 0 for the root. */
size_t local_above(const char *key, size_t len);

/* The first len bytes as a name, or false and errno. */
bool local_cut_name(char out[NAME_MAX + 1], const char *text, size_t len);

/* open(2) below the root, "" being the root itself: a descriptor, or -1 and errno (ELOOP for a symbolic link
 * anywhere on the way).  path holds no dots and no empty names. */
int local_open_below(struct mb_store *store, int root, const char *path, int flags);

/* Opens the directory that the first len bytes of path name, in the same way. */
int local_open_directory(struct mb_store *store, int root, const char *path, size_t len, int flags);

/* Opens the object for reading; MB_E_NOT_FOUND for what is no regular file. */
mb_status local_open_object(struct mb_store *store, const char *key, int *fd, struct stat *st,
                            struct mb_error *error);

/* Removes the directories above key that are empty, up to the root. */
void local_prune(struct mb_store *store, int root, const char *key);

int64_t local_mtime(const struct stat *st); /* in nanoseconds */
void local_etag(const struct stat *st, char *buf, size_t cap);

/* crc32c may be NULL when it is not known, and out when nobody asks. */
void local_describe(const struct stat *st, const uint32_t *crc32c, struct mb_stat *out);

/* -------------------------------------------------------------- target.c */

/* Where an object is, or is about to appear. */
struct local_target {
    struct mb_store *store;
    const char *key;
    const char *name;  /* the last one of key */
    size_t made_above; /* length of the path of the outermost directory that got a new one; SIZE_MAX: none */
    int root;
    int dir; /* the directory that holds name */
};

mb_status local_target_open(struct local_target *target, struct mb_store *store, const char *key,
                            struct mb_error *error);
void local_target_close(struct local_target *target);

/* After a failure: removes the unfinished file or directory called name, if any, and directories that nobody
 * needs. */
void local_target_clear(const struct local_target *target, const char *name, int flags);

/* Opens the directory of the key in target->dir when it is there; false and errno otherwise. */
bool local_target_find(struct local_target *target);

/* The same, making what is missing. */
mb_status local_target_enter(struct local_target *target, struct mb_error *error);

/* Makes a file (*fd is it) or a directory (*fd is 0) in target->dir, and that again if a remove has pruned it
 * meanwhile. */
mb_status local_target_make(struct local_target *target, const char *name, bool directory, int *fd,
                            struct mb_error *error);

/* May the key get an object?  Told before the bytes are written rather than after. */
mb_status local_target_vacant(struct local_target *target, bool if_absent, struct mb_error *error);

/* Says MB_E_EXISTS of what lies at the key, once its name is on the disk. */
mb_status local_target_taken(struct local_target *target, struct mb_error *error);

/* The directory of the key and those that were made above it, when the store syncs.  Where an earlier target
 * of the store has left one unsynced: all of them, up to the root.  Fails as MB_ERR_AMBIGUOUS, and may be
 * tried again: unlike a file's bytes, the name is still in the kernel's memory. */
mb_status local_target_sync(struct local_target *target, struct mb_error *error);

/* --------------------------------------------------------------- place.c */

/* What an unfinished object called name is called meanwhile; a very long name is cut. */
void local_hidden_name(char out[NAME_MAX + 1], const char *id, const char *name);

/* A file that holds all bytes of an object and is about to become it. */
struct local_file {
    int fd;
    int dir; /* the directory that holds name */
    const char *name;
    uint64_t size;  /* so many bytes were written */
    bool lost;      /* out: they may not be on the disk, and no further sync of this file can tell */
    struct stat st; /* out */
};

/* The one way to a key, for put, copy and complete alike: sync, close, compare the size, rename, sync the
 * directory.  With if_absent MB_E_EXISTS when something is there.  A file that fails before the rename stays
 * where it was, for the caller to remove. */
mb_status local_place(struct local_target *target, struct local_file *file, bool if_absent,
                      struct mb_error *error);

/* Is what lies at the key this very file? */
bool local_is_placed(const struct local_target *target, const struct stat *file);

/* ---------------------------------------------------------------- copy.c */

/* Bytes that go into a file: from a source, or so many of another file. */
struct local_range {
    struct mb_store *store;         /* of dst */
    const char *key;                /* of dst, for messages */
    const struct mb_source *source; /* or NULL: then src, src_offset and length */
    int src;
    int dst; /* open for reading as well */
    uint64_t src_offset;
    uint64_t dst_offset;
    uint64_t length;
    uint64_t done;   /* so many were written */
    bool summed;     /* is the CRC32C wanted?  After the copy: is it known? */
    uint32_t crc32c; /* of the bytes that lie in dst now */
};

/* A source gives exactly its size where that is known.  A file shares extents with dst where the file system
 * has them: then no byte has passed by, and there is no CRC32C. */
mb_status local_fill(struct local_range *range, const struct mb_call *call);

/* What of the left bytes of a file fits into LOCAL_BUFFER; verb is for messages. */
#define LOCAL_BUFFER ((size_t)256 << 10)
mb_status local_read(const struct mb_store *store, const char *verb, const char *key, int fd, uint64_t offset,
                     uint64_t left, char *buf, size_t *n, struct mb_error *error);

/* Writes the object of range->key through a temporary file beside it. */
mb_status local_write(struct local_range *range, bool new_only, struct mb_stat *out,
                      const struct mb_call *call);

MB_SLOT(local, open);
MB_SLOT(local, mpu_copy_part);
MB_SLOTS(local);

#endif

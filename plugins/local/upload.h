/* upload.h - what beginning, filling and completing a multipart upload share.
 *
 * An upload is a hidden directory beside the object.  Part n of s bytes lies in its file "data.s" at
 * (n - 1) * s: parts of one size, which is all but the last from every sensible caller, are in place when the
 * last of them arrives, in whatever order, without anybody keeping count.  Completing then copies one part,
 * shortens the file and renames it.  Anything else is pieced together.
 *
 * The bytes of a part are on the disk when it counts as written; names and sizes, and what a disk keeps in
 * its cache, only after the sync of the whole.  The identity of the boot is in the upload's id: no upload of
 * an earlier boot can go on. */
#ifndef MB_PLUGINS_LOCAL_UPLOAD_H
#define MB_PLUGINS_LOCAL_UPLOAD_H

#include "local.h"

/* An id is random digits; that of an upload goes on with '-', the boot and whether it may overwrite. */
enum { LOCAL_RANDOM_LEN = 16, LOCAL_ID_LEN = LOCAL_RANDOM_LEN + 1 + 8 + 1 };
#define LOCAL_OVERWRITES 'o'
#define LOCAL_NEW_ONLY   'n'

struct local_upload {
    struct mb_store *store;
    const char *key;
    const char *id;
    int dir;
    char hidden[NAME_MAX + 1];
};

mb_status local_upload_open(struct local_upload *out, struct mb_store *store, const char *key,
                            const char *upload_id, const struct mb_call *call);

mb_status local_no_upload(const char *key, const char *upload_id, struct mb_error *error);

/* ---------------------------------------------------------------- part.c */

/* What the file of all parts of that many bytes is called. */
void local_part_file(char *out, size_t cap, uint64_t size);

/* Where in its file a part lies. */
mb_status local_part_offset(uint32_t number, uint64_t size, uint64_t *out, struct mb_error *error);

/* What the receipt of a part begins with; that of a copied part goes on with '-' and its CRC32C. */
void local_part_receipt(char *out, size_t cap, const char *upload_id, uint32_t number, uint64_t size);

#endif

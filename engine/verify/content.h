/* content.h - what a backup consists of: the files that describe it, what meta/objects.jsonl records, and
 * what the description names. */
#ifndef MB_VERIFY_CONTENT_H
#define MB_VERIFY_CONTENT_H

#include "catalog/layout.h"
#include "verify/folder.h"

struct mb_content {
    struct mb_arena *arena;
    const char *dir;         /* of the backup */
    struct mb_folder folder; /* the same */
    const struct mb_backup *backup;
    bool described[MB_META_COUNT]; /* by which files; one that is false is not expected */
    bool recorded;                 /* meta/objects.jsonl knows every object */
};

/* Which of the files are there: asked for by name, since a listing that left one out may do so again.  Needs
 * arena, dir and folder. */
mb_status mb_content_find(struct mb_content *content, struct mb_cancel *cancel, struct mb_error *error);

/* The name of such a file in the backup ("meta/full_meta.json"); NULL without memory. */
const char *mb_content_file(const struct mb_content *content, enum mb_meta_file file);

/* Tells every object by its name; the files that describe the backup with MB_ANY_SIZE.  content is a struct
 * mb_content: see struct mb_expectation. */
mb_status mb_content_each(void *content, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                          struct mb_error *error);

/* The same, as far as the description names it. */
mb_status mb_content_each_named(void *content, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                                struct mb_error *error);

/* The same, as far as meta/objects.jsonl records it. */
mb_status mb_content_each_record(void *content, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                                 struct mb_error *error);

/* Is an object of that name part of the backup, when the folder holds it?  Older tools left deletes out of
 * their descriptions: without a record of all objects, whatever has the key of a binlog belongs to the
 * backup. */
bool mb_content_owns(const struct mb_content *content, const struct mb_expected *expected, const char *name);

#endif

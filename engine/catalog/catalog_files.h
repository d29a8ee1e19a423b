/* catalog_files.h - what the parts of the catalog share: which meta files are there, and reading one. */
#ifndef MB_CATALOG_CATALOG_FILES_H
#define MB_CATALOG_CATALOG_FILES_H

#include "catalog/catalog.h"
#include "catalog/layout.h"
#include "catalog/memo.h"
#include "catalog/meta_file.h"

/* Which files lie in <dir>/meta/: one listing. */
mb_status mb_catalog_find_files(const struct mb_catalog *catalog, const char *dir,
                                bool present[MB_META_COUNT], struct mb_cancel *cancel,
                                struct mb_error *error);

/* The same, and their stamp (memo.h) in arena: "" where one of them has no ETag. */
mb_status mb_catalog_find_stamped(const struct mb_catalog *catalog, const char *dir,
                                  bool present[MB_META_COUNT], struct mb_arena *arena, const char **stamp,
                                  struct mb_cancel *cancel, struct mb_error *error);

/* Is there everything that reading needs?  backup_meta.json is what the Go program looks for. */
bool mb_catalog_is_whole(const bool present[MB_META_COUNT]);

/* Adds what one file says to the draft. */
mb_status mb_catalog_read_file(const struct mb_catalog *catalog, const char *dir, enum mb_meta_file file,
                               struct mb_meta_draft *draft, struct mb_cancel *cancel, struct mb_error *error);

/* The same, from any bytes; key is what errors call them. */
mb_status mb_catalog_read_from(mb_json_read_fn *read, void *ctx, const char *key, enum mb_meta_file file,
                               struct mb_meta_draft *draft, struct mb_error *error);

/* What a file is remembered by. */
struct mb_catalog_note {
    const char *name, *stamp; /* of the backup; "" for no stamp */
    enum mb_meta_file file;
    enum mb_memo_kind kind;
};

/* As mb_catalog_read_file, of what is remembered; or else read, and remembered where it is small. */
mb_status mb_catalog_read_noted(const struct mb_catalog *catalog, const char *dir,
                                const struct mb_catalog_note *note, struct mb_meta_draft *draft,
                                struct mb_cancel *cancel, struct mb_error *error);

/* The description by full_meta.json. */
mb_status mb_catalog_read_full(const struct mb_catalog *catalog, const char *dir, enum mb_meta_depth depth,
                               struct mb_arena *arena, struct mb_backup *out, struct mb_cancel *cancel,
                               struct mb_error *error);

/* The one by the level files.  *bad, which may be NULL, becomes the name of the one that cannot be read. */
mb_status mb_catalog_read_levels(const struct mb_catalog *catalog, const char *dir, enum mb_meta_depth depth,
                                 struct mb_arena *arena, struct mb_backup *out, const char **bad,
                                 struct mb_cancel *cancel, struct mb_error *error);

/* An arena with the directory of a backup in it, for the length of a call. */
struct mb_catalog_scratch {
    struct mb_arena *arena;
    char *dir;
};

/* Which files there are of a backup that can be read; else the failure that mb_catalog_refuse tells. */
mb_status mb_catalog_find_description(const struct mb_catalog *catalog,
                                      const struct mb_catalog_scratch *scratch, const char *name,
                                      bool present[MB_META_COUNT], struct mb_cancel *cancel,
                                      struct mb_error *error);

/* Why what lies there cannot be read: the record's words, or what the folder looks like.  MB_E_NOT_FOUND or
 * MB_E_CORRUPT. */
mb_status mb_catalog_refuse(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                            const char *name, const bool present[MB_META_COUNT], struct mb_cancel *cancel,
                            struct mb_error *error);

mb_status mb_catalog_scratch_init(struct mb_catalog_scratch *scratch, const struct mb_catalog *catalog,
                                  const char *name, struct mb_error *error);
void mb_catalog_scratch_done(struct mb_catalog_scratch *scratch);

#endif

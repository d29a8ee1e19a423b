/* schema.h - the collection, fields and indexes to create, from those of a backup.  Pure. */
#ifndef MB_RESTORE_SCHEMA_H
#define MB_RESTORE_SCHEMA_H

#include "model/backup.h"

/* What to say to create_collection: the backup's collection under the target's name.  Fields that were added
 * to it after it was made are not among its fields but in *later: imported files are matched to fields by
 * their ids, which a server gives out in order, and the hidden field of dynamic values has one too. */
mb_status mb_restore_schema_make(const struct mb_collection_backup *source, const char *db, const char *name,
                                 struct mb_arena *arena, struct mb_collection *out, struct mb_field **later,
                                 size_t *later_count, struct mb_error *error);

/* The id of the hidden field of dynamic values, which describing a collection does not show. */
mb_status mb_restore_dynamic_id(const struct mb_schema *schema, struct mb_arena *arena, int64_t *out,
                                struct mb_error *error);

/* The properties to make a database with; *without_cipher when it was encrypted, which is the business of its
 * maker. */
mb_status mb_restore_database_properties(const struct mb_database *source, struct mb_arena *arena,
                                         struct mb_properties *out, bool *without_cipher,
                                         struct mb_error *error);

/* MB_E_INVALID when a field of the backup has another id, type or no counterpart in the collection that is
 * there: an import would put its values into the wrong column or fail. */
mb_status mb_restore_schema_check(const struct mb_collection_backup *source,
                                  const struct mb_collection *there, struct mb_error *error);

/* Is the index on a vector field?  Those are created first. */
bool mb_restore_index_is_vector(const struct mb_collection_backup *source, const struct mb_index *index);

/* What to say to create_index. */
mb_status mb_restore_index_make(const struct mb_collection_backup *source, const struct mb_index *index,
                                bool use_auto_index, struct mb_arena *arena, struct mb_index *out,
                                struct mb_error *error);

#endif

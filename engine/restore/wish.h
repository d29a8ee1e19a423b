/* wish.h - what a restore makes otherwise than it was: shards, descriptions, parameters left out.  Pure. */
#ifndef MB_RESTORE_WISH_H
#define MB_RESTORE_WISH_H

#include "restore/plan.h"

/* Keys that are left out of what is made. */
struct mb_restore_skips {
    struct mb_strings collection_properties;
    struct mb_strings field_index_params, field_type_params;
    struct mb_strings index_params;
};

struct mb_restore_wishes {
    int32_t
        max_shards; /* no collection is made with more, but for those that the plan says; 0 for no limit */
    struct mb_restore_skips skips;
};

/* Changes a collection that is about to be made, and the fields that are added to it then. */
mb_status mb_wish_collection(const struct mb_restore_wishes *wishes, const struct mb_restore_target *target,
                             struct mb_arena *arena, struct mb_collection *collection, struct mb_field *later,
                             size_t later_count, struct mb_error *error);

mb_status mb_wish_index(const struct mb_restore_wishes *wishes, struct mb_arena *arena,
                        struct mb_index *index, struct mb_error *error);

#endif

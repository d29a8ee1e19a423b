/* object.h - one object on its way, and the upload by parts it may have become.
 *
 * The strings belong to the object.  Who works on an object as a whole owns it;
 * once its parts have been published the queue does, and its lock guards the
 * counts of the upload. */
#ifndef MB_COPY_OBJECT_H
#define MB_COPY_OBJECT_H

#include "storage/store.h"

struct mb_upload_state {
    char id[1024];
    bool in_service; /* parts are copied, not carried */
    bool refused;    /* by the service: the object starts again another way */
    uint64_t part_bytes;
    uint32_t count;
    uint32_t next;        /* index of the first part nobody has taken */
    uint32_t outstanding; /* taken and not done */
    struct mb_part *parts;
    uint32_t *crcs; /* of each part that was carried */
};

struct mb_object {
    struct mb_object *next; /* in the line of those that wait */
    struct mb_object *prev; /* with next, among those that have an upload */
    const char *src_key;
    const char *dst_key;
    const char *etag; /* NULL when not known */
    uint64_t size;
    void *tag;
    uint64_t moved;   /* bytes in the destination in this attempt */
    uint64_t counted; /* bytes that progress has been told of; only grows */
    struct mb_upload_state *upload;
    char text[];
};

struct mb_object *mb_object_new(const char *src_key, const char *dst_key, uint64_t size, const char *etag,
                                void *tag); /* NULL without memory */
void mb_object_free(struct mb_object *object);

/* How an object may be cut: the wish, what the service says, and the largest buffer there can be (0 when no
 * buffer is needed). */
struct mb_part_rules {
    uint64_t part_bytes;
    uint64_t min_part_bytes;
    uint64_t max_part_bytes;
    uint64_t largest_buffer;
    uint32_t max_parts;
};

/* The size of every part but the last. */
mb_status mb_part_size(const struct mb_part_rules *rules, uint64_t object_size, uint64_t *out,
                       struct mb_error *error);

/* Attaches an upload that has not begun; its id is for the caller to fill. */
mb_status mb_object_split(struct mb_object *object, uint64_t part_bytes, bool in_service,
                          struct mb_error *error);
void mb_object_drop_upload(struct mb_object *object);

uint64_t mb_object_part_offset(const struct mb_object *object, uint32_t index);
uint64_t mb_object_part_length(const struct mb_object *object, uint32_t index);

/* Of the whole object, out of its parts'. */
uint32_t mb_object_crc32c(const struct mb_object *object);

#endif

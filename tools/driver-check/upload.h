/* upload.h - an upload in progress, for the tests of multipart. */
#ifndef MB_DRIVER_CHECK_UPLOAD_H
#define MB_DRIVER_CHECK_UPLOAD_H

#include "check.h"

enum { MAX_TEST_PARTS = 8 };

struct upload {
    const char *key;
    char id[1024];
    uint8_t *data; /* of the whole object */
    size_t len;
    size_t count;
    size_t sizes[MAX_TEST_PARTS];
    uint32_t numbers[MAX_TEST_PARTS];
    struct mb_part parts[MAX_TEST_PARTS];
};

/* What every part but the last has at least. */
size_t upload_part_size(struct check *c);

/* count - 1 parts of size bytes and one of last bytes, numbered from 1. */
bool upload_begin(struct check *c, struct upload *upload, const char *key, size_t count, size_t size,
                  size_t last);

/* The same, and says that every part will be copied. */
bool upload_begin_copied(struct check *c, struct upload *upload, const char *key, size_t count, size_t size,
                         size_t last);

/* New data after a change of sizes. */
bool upload_refill(struct check *c, struct upload *upload);

bool upload_send(struct check *c, struct upload *upload, size_t i);
mb_status upload_send_by(struct session *s, struct upload *upload, size_t i);

/* Completes and compares. */
bool upload_finish(struct check *c, struct upload *upload);

#endif

/* drive_bytes.h - what a request of drive says, and the bytes that it moves. */
#ifndef MB_TEST_DRIVE_BYTES_H
#define MB_TEST_DRIVE_BYTES_H

#include "milvus_backup/storage_plugin.h"

#include <jansson.h>
#include <stdbool.h>

const char *drive_text_of(const json_t *request, const char *name, const char *otherwise);
int64_t drive_number_of(const json_t *request, const char *name, int64_t otherwise);
bool drive_flag_of(const json_t *request, const char *name);

struct drive_bytes {
    unsigned char *data;
    size_t len;
    size_t cap; /* of a sink */
    size_t at;
    size_t step;          /* of a read */
    int64_t refuse_after; /* -1: never */
};

/* "data", or "fill" bytes of a pattern. */
struct drive_bytes drive_bytes_of(const json_t *request);

/* For mb_source and mb_sink. */
mb_status drive_read_bytes(void *ctx, void *buf, size_t cap, size_t *nread);
mb_status drive_rewind_bytes(void *ctx);
mb_status drive_take_bytes(void *ctx, const void *data, size_t len);

void drive_put_hex(json_t *out, const struct drive_bytes *bytes);
uint32_t drive_crc32c(const struct drive_bytes *bytes);

#endif

/* object_stream.h - an object read from its beginning to its end in large ranges, all of one version. */
#ifndef MB_CATALOG_OBJECT_STREAM_H
#define MB_CATALOG_OBJECT_STREAM_H

#include "storage/store.h"

struct mb_object_stream;

/* Borrows storage, key and cancel. */
mb_status mb_object_stream_open(struct mb_object_stream **out, struct mb_storage *storage, const char *key,
                                struct mb_cancel *cancel, struct mb_error *error);
void mb_object_stream_close(struct mb_object_stream *stream);

/* Up to cap bytes into buf; *nread is 0 only at the end.  Has the shape of mb_json_read_fn. */
mb_status mb_object_stream_read(void *stream, void *buf, size_t cap, size_t *nread, struct mb_error *error);

#endif

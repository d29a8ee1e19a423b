/* source.h - finding and reading the file. */
#ifndef MB_CONFIG_SOURCE_H
#define MB_CONFIG_SOURCE_H

#include "base/buf.h"
#include "config/settings.h"

/* Reads the file: path as given, $MILVUSCONF/<its last element>, ./configs/<the same>.  *found lives in
 * arena. MB_E_NOT_FOUND names every place that was tried. */
mb_status mb_config_read_file(struct mb_arena *arena, const struct mb_config_sources *sources,
                              const char **found, struct mb_buf *content, struct mb_error *error);

#endif

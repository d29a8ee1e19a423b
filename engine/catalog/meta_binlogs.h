/* meta_binlogs.h - the members that are not one to one with the model: log paths made from ids and taken
 * apart again, and the checkpoints of channels.  Functions for rows of meta_tables.c. */
#ifndef MB_CATALOG_META_BINLOGS_H
#define MB_CATALOG_META_BINLOGS_H

#include "catalog/meta_tables.h"

void mb_meta_write_insert_logs(struct mb_json_writer *writer, const struct mb_json_field *field,
                               const void *base);
void mb_meta_write_delta_logs(struct mb_json_writer *writer, const struct mb_json_field *field,
                              const void *base);
void mb_meta_read_insert_logs(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                              void *base);
void mb_meta_read_delta_logs(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                             void *base);

void mb_meta_write_checkpoints(struct mb_json_writer *writer, const struct mb_json_field *field,
                               const void *base);
void mb_meta_read_checkpoints(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                              void *base);

#endif

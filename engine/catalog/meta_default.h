/* meta_default.h - default values of fields as older versions wrote them.  Functions for rows of
 * meta_tables.c; what default_value_base64 says goes before all of them. */
#ifndef MB_CATALOG_META_DEFAULT_H
#define MB_CATALOG_META_DEFAULT_H

#include "catalog/meta_tables.h"

/* default_value_proto: the bytes raw in a string.  Those that were no UTF-8 are gone; then the value is lost.
 */
void mb_meta_read_default_text(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                               void *base);

/* default_value: no version could write a value into it so that it can be read. */
void mb_meta_read_default_object(struct mb_json_input *input, const struct mb_json_field *field,
                                 json_t *value, void *base);

#endif

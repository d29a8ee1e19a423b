/* migrated_text.h - keys with dots as the nested sections of YAML, commented. */
#ifndef MB_CONFIG_MIGRATED_TEXT_H
#define MB_CONFIG_MIGRATED_TEXT_H

#include "base/buf.h"
#include "config/option.h"
#include "config/settings.h"

enum { MB_SECTION_MAX = 300 };

struct mb_migrated_text {
    struct mb_buf out;
    char section[MB_SECTION_MAX]; /* that is open: "milvus.grpc" */
};

/* One key.  Texts may be NULL where there are none. */
struct mb_migrated_line {
    const char *section; /* "milvus.grpc" */
    const char *name;    /* "address" */
    const char *help;    /* in a line above */
    const char *value;   /* YAML, see below; NULL: the line is a comment that says where it comes from */
    const char *origin;  /* behind the value */
};

void mb_migrated_text_begin(struct mb_migrated_text *text, const char *path);
void mb_migrated_text_put(struct mb_migrated_text *text, const struct mb_migrated_line *line);

/* The list of schedules, which has the same keys in both schemas. */
void mb_migrated_text_schedules(struct mb_migrated_text *text, const struct mb_settings *settings);

/* A value as YAML: in quotes, as a list, or bare where it is a number or truth value.  NULL without memory.
 */
const char *mb_migrated_quote(struct mb_arena *arena, const char *value);
const char *mb_migrated_list(struct mb_arena *arena, const struct mb_strings *list);
const char *mb_migrated_bare(struct mb_arena *arena, const char *value, enum mb_option_type type, bool plain);

#endif

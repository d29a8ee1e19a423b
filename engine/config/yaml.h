/* yaml.h - a YAML file as a flat list of dotted keys with their places. */
#ifndef MB_CONFIG_YAML_H
#define MB_CONFIG_YAML_H

#include "config/report.h"

enum mb_yaml_kind { MB_YAML_TEXT, MB_YAML_NULL, MB_YAML_LIST, MB_YAML_MAP };

struct mb_yaml_node {
    const char *path; /* "minio.bucketName", spelt as in the file */
    enum mb_yaml_kind kind;
    const char *text;       /* of MB_YAML_TEXT, else "" */
    bool plain;             /* the text was not quoted */
    struct mb_strings list; /* of MB_YAML_LIST: its scalars */
    unsigned line, column;  /* of the value, from 1 */
    unsigned key_line, key_column;
    unsigned merged; /* by "<<": how many merges deep */
    bool aliased;    /* its value is used elsewhere by an alias */
};

/* One document that is a mapping, or an empty one.  Parents come before their children.  Aliases stand for
 * what their anchors name, and "<<" merges sections.  The entries of the list MB_SCHEDULES are sections, of
 * which the first has the path "schedules.0".  Keys given twice (in any case), lists of anything but scalars,
 * unknown tags, a second document, placeholders of templates, characters that pass for others, more than 16
 * levels or 1,000 keys, or aliases that grow beyond a bound are problems.  Returns false when the rest of the
 * file could not be made sense of or memory ran out, which is a problem in the report too. */
bool mb_yaml_read(struct mb_arena *arena, struct mb_config_report *report, const char *file, const void *data,
                  size_t len, struct mb_yaml_node **out, size_t *count);

#endif

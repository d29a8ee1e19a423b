/* event.h - a YAML document as the list of its events, every alias a reference to those of its anchor.
 *
 * Reading the list through a cursor gives the document with its aliases replaced.  What that may cost is
 * bounded: a few lines of aliases of aliases could stand for more than any machine holds. */
#ifndef MB_CONFIG_EVENT_H
#define MB_CONFIG_EVENT_H

#include "config/report.h"

enum { MB_YAML_DEPTH = 16 }; /* sections in sections, at most */

enum mb_yaml_event_type {
    MB_YAML_SCALAR,
    MB_YAML_LIST_BEGIN,
    MB_YAML_LIST_END,
    MB_YAML_MAP_BEGIN,
    MB_YAML_MAP_END,
    MB_YAML_ALIAS /* no cursor returns it */
};

struct mb_yaml_event {
    enum mb_yaml_event_type type;
    const char *text;      /* of a scalar; with NUL bytes, if any, as they are */
    size_t len;            /* of text */
    const char *tag;       /* or NULL */
    bool plain;            /* a scalar without quotes, a collection without brackets */
    bool aliased;          /* an alias stands for it elsewhere */
    unsigned line, column; /* from 1 */
    size_t begin, end;     /* of an alias: the events that it stands for */
};

struct mb_yaml_events {
    struct mb_yaml_event *items;
    size_t count;
};

/* The one document of the text; no events for an empty one.  False when there is a problem, which is in the
 * report. */
bool mb_yaml_load(struct mb_arena *arena, struct mb_config_report *report, const char *file, const void *data,
                  size_t len, struct mb_yaml_events *out);

enum { MB_YAML_MAX_ALIASES = 32 }; /* within each other */

struct mb_yaml_cursor {
    const struct mb_yaml_events *events;
    struct {
        size_t at, end;
    } frames[MB_YAML_MAX_ALIASES + 1];
    size_t depth;
    size_t repeated; /* events that came by an alias */
};

void mb_yaml_cursor_init(struct mb_yaml_cursor *cursor, const struct mb_yaml_events *events);

/* The next event, or NULL: then *why says which bound was passed, or is NULL at the end. */
const struct mb_yaml_event *mb_yaml_next(struct mb_yaml_cursor *cursor, const char **why);

/* The event that would come next unless it is an alias, else NULL. */
const struct mb_yaml_event *mb_yaml_peek(const struct mb_yaml_cursor *cursor);

#endif

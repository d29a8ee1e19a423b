#include "config/event.h"

#include "base/arena.h"
#include "config/fault.h"
#include "config/lookalike.h"

#include <string.h>

enum { MAX_EVENTS = 50000, MAX_REPEATED = 20000, MAX_ANCHORS = 1000 };

struct anchor {
    const char *name;
    size_t begin;
    size_t end; /* 0 while what it names has not ended */
};

struct loader {
    yaml_parser_t parser;
    yaml_event_t event;
    struct mb_arena *arena;
    struct mb_config_report *report;
    const char *file;
    const char *data;
    size_t len;
    struct mb_yaml_events *out;
    size_t cap;
    struct anchor *anchors;
    size_t anchor_count;
    size_t open[MB_YAML_DEPTH + 1]; /* the collections' anchors: places in anchors plus one, 0 for none */
    size_t depth;
    unsigned documents;
    bool foul; /* something was told of and passed over, so that the rest is told of too */
};

/* Always false: nothing sensible can follow. */
static bool give_up(struct loader *l, const char *why)
{
    const yaml_mark_t mark = l->event.start_mark;
    mb_report_add(l->report, MB_CONFIG_PROBLEM,
                  mb_yaml_place(l->arena, l->file, mark.line + 1, mark.column + 1), "%s", why);
    return false;
}

static struct mb_yaml_event *append(struct loader *l, enum mb_yaml_event_type type)
{
    struct mb_yaml_events *out = l->out;

    if (out->count == MAX_EVENTS) {
        give_up(l, "the file has more than 50000 keys and values");
        return NULL;
    }
    if (out->count == l->cap) {
        size_t cap = l->cap == 0 ? 256 : 2 * l->cap;
        struct mb_yaml_event *items = mb_arena_alloc(l->arena, cap, sizeof *items);
        if (items == NULL) {
            give_up(l, "out of memory");
            return NULL;
        }
        if (out->count > 0)
            memcpy(items, out->items, out->count * sizeof *items);
        out->items = items;
        l->cap = cap;
    }
    struct mb_yaml_event *event = &out->items[out->count++];
    *event = (struct mb_yaml_event){.type = type,
                                    .line = (unsigned)l->event.start_mark.line + 1,
                                    .column = (unsigned)l->event.start_mark.column + 1};
    return event;
}

/* The anchor's place plus one, 0 for none; an anchor given twice is two. */
static bool add_anchor(struct loader *l, const yaml_char_t *name, size_t *out)
{
    *out = 0;
    if (name == NULL)
        return true;
    if (l->anchors == NULL)
        l->anchors = mb_arena_alloc(l->arena, MAX_ANCHORS, sizeof *l->anchors);
    if (l->anchors == NULL)
        return give_up(l, "out of memory");
    if (l->anchor_count == MAX_ANCHORS)
        return give_up(l, "the file has more than 1000 anchors");
    l->anchors[l->anchor_count++] =
        (struct anchor){.name = mb_arena_strdup(l->arena, (const char *)name), .begin = l->out->count - 1};
    *out = l->anchor_count;
    return true;
}

/* What cannot be seen, or passes for something else, would make another key or value of it. */
static void check_text(struct loader *l, const struct mb_yaml_event *event)
{
    struct mb_lookalike found = mb_lookalike_find(event->text, event->len);

    if (found.name == NULL)
        return;
    mb_report_add(l->report, MB_CONFIG_PROBLEM,
                  mb_yaml_place(l->arena, l->file, event->line, event->column + found.characters),
                  "%s stands here: %s", found.name, found.advice);
    l->foul = true;
}

static bool add_scalar(struct loader *l)
{
    const char *value = (const char *)l->event.data.scalar.value;
    struct mb_yaml_event *event = append(l, MB_YAML_SCALAR);
    size_t anchor;

    if (event == NULL)
        return false;
    event->len = l->event.data.scalar.length;
    event->plain = l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    char *text = mb_arena_alloc(l->arena, event->len + 1, 1);
    if (text != NULL)
        memcpy(text, value, event->len);
    event->text = text;
    if (l->event.data.scalar.tag != NULL)
        event->tag = mb_arena_strdup(l->arena, (const char *)l->event.data.scalar.tag);
    if (text == NULL || (l->event.data.scalar.tag != NULL && event->tag == NULL))
        return give_up(l, "out of memory");
    if (!add_anchor(l, l->event.data.scalar.anchor, &anchor))
        return false;
    if (anchor > 0)
        l->anchors[anchor - 1].end = l->out->count;
    if (event->plain)
        check_text(l, event);
    return true;
}

static bool begin_collection(struct loader *l, enum mb_yaml_event_type type)
{
    bool map = type == MB_YAML_MAP_BEGIN;
    struct mb_yaml_event *event = append(l, type);

    if (event == NULL)
        return false;
    event->plain = map ? l->event.data.mapping_start.style != YAML_FLOW_MAPPING_STYLE
                       : l->event.data.sequence_start.style != YAML_FLOW_SEQUENCE_STYLE;
    if (l->depth > MB_YAML_DEPTH)
        return give_up(l, "sections are nested more than 16 deep");
    return add_anchor(l, map ? l->event.data.mapping_start.anchor : l->event.data.sequence_start.anchor,
                      &l->open[l->depth++]);
}

static bool end_collection(struct loader *l, enum mb_yaml_event_type type)
{
    if (append(l, type) == NULL)
        return false;
    size_t anchor = l->open[--l->depth];
    if (anchor > 0)
        l->anchors[anchor - 1].end = l->out->count;
    return true;
}

static bool add_alias(struct loader *l)
{
    const char *name = (const char *)l->event.data.alias.anchor;
    struct mb_yaml_event *event = append(l, MB_YAML_ALIAS);
    size_t i = l->anchor_count;

    if (event == NULL)
        return false;
    while (i > 0 && strcmp(l->anchors[i - 1].name, name) != 0)
        i--;
    if (i == 0)
        return give_up(l,
                       mb_arena_printf(l->arena,
                                       "there is no anchor '&%s' above this alias; a value that begins with "
                                       "'*' needs quotes",
                                       name));
    if (l->anchors[i - 1].end == 0)
        return give_up(l, mb_arena_printf(l->arena, "the alias '*%s' stands within its own anchor", name));
    event->begin = l->anchors[i - 1].begin;
    event->end = l->anchors[i - 1].end;
    l->out->items[event->begin].aliased = true;
    return true;
}

static bool add_event(struct loader *l)
{
    switch ((int)l->event.type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++l->documents == 1 ||
               give_up(l, "a second YAML document ('---') begins here; one is read, so nothing below would "
                          "count: make it one document");
    case YAML_SCALAR_EVENT:
        return add_scalar(l);
    case YAML_SEQUENCE_START_EVENT:
        return begin_collection(l, MB_YAML_LIST_BEGIN);
    case YAML_MAPPING_START_EVENT:
        return begin_collection(l, MB_YAML_MAP_BEGIN);
    case YAML_SEQUENCE_END_EVENT:
        return end_collection(l, MB_YAML_LIST_END);
    case YAML_MAPPING_END_EVENT:
        return end_collection(l, MB_YAML_MAP_END);
    case YAML_ALIAS_EVENT:
        return add_alias(l);
    default:
        return true;
    }
}

/* "password: &abc" is an anchor and no value, which nobody means who uses no alias. */
static void check_anchors(struct loader *l)
{
    for (size_t i = 0; i < l->anchor_count; i++) {
        const struct mb_yaml_event *event = &l->out->items[l->anchors[i].begin];
        if (event->aliased || event->type != MB_YAML_SCALAR)
            continue;
        mb_report_add(
            l->report, MB_CONFIG_PROBLEM, mb_yaml_place(l->arena, l->file, event->line, event->column),
            "no alias uses the anchor '&%s'; a value that begins with '&' needs quotes", l->anchors[i].name);
        l->foul = true;
    }
}

static bool load(struct loader *l)
{
    for (bool last = false; !last;) {
        if (!yaml_parser_parse(&l->parser, &l->event)) {
            mb_yaml_fault(l->arena, l->report, l->file, l->data, l->len, &l->parser);
            memset(&l->event, 0, sizeof l->event);
            return false;
        }
        if (!add_event(l))
            return false;
        last = l->event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&l->event);
    }
    check_anchors(l);
    return !l->foul;
}

bool mb_yaml_load(struct mb_arena *arena, struct mb_config_report *report, const char *file, const void *data,
                  size_t len, struct mb_yaml_events *out)
{
    struct loader l = {.arena = arena, .report = report, .file = file, .data = data, .len = len, .out = out};

    *out = (struct mb_yaml_events){0};
    if (!yaml_parser_initialize(&l.parser)) {
        mb_report_add(report, MB_CONFIG_PROBLEM, file, "out of memory");
        return false;
    }
    yaml_parser_set_input_string(&l.parser, data, len);
    bool ok = load(&l);
    yaml_event_delete(&l.event);
    yaml_parser_delete(&l.parser);
    return ok;
}

/* ---------------------------------------------------------------- reading */

void mb_yaml_cursor_init(struct mb_yaml_cursor *cursor, const struct mb_yaml_events *events)
{
    *cursor = (struct mb_yaml_cursor){.events = events, .depth = 1};
    cursor->frames[0].end = events->count;
}

const struct mb_yaml_event *mb_yaml_next(struct mb_yaml_cursor *cursor, const char **why)
{
    *why = NULL;
    for (;;) {
        while (cursor->depth > 1 &&
               cursor->frames[cursor->depth - 1].at == cursor->frames[cursor->depth - 1].end)
            cursor->depth--;
        if (cursor->frames[cursor->depth - 1].at == cursor->frames[cursor->depth - 1].end)
            return NULL;
        const struct mb_yaml_event *event = &cursor->events->items[cursor->frames[cursor->depth - 1].at++];
        if (cursor->depth > 1 && ++cursor->repeated > MAX_REPEATED) {
            *why = "aliases make the file grow to more than 20000 keys and values";
            return NULL;
        }
        if (event->type != MB_YAML_ALIAS)
            return event;
        if (cursor->depth > MB_YAML_MAX_ALIASES) {
            *why = "aliases stand within each other more than 32 deep";
            return NULL;
        }
        cursor->frames[cursor->depth].at = event->begin;
        cursor->frames[cursor->depth++].end = event->end;
    }
}

const struct mb_yaml_event *mb_yaml_peek(const struct mb_yaml_cursor *cursor)
{
    size_t at = cursor->frames[cursor->depth - 1].at;
    bool more = at < cursor->frames[cursor->depth - 1].end;
    return more && cursor->events->items[at].type != MB_YAML_ALIAS ? &cursor->events->items[at] : NULL;
}

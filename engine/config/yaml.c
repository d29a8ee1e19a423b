#include "config/yaml.h"

#include "base/arena.h"
#include "config/event.h"
#include "config/fault.h"
#include "config/option.h"

#include <string.h>

enum { MAX_NODES = 1000, MAX_PATH = 256 };

struct reader {
    struct mb_yaml_cursor cursor;
    const struct mb_yaml_event *event; /* the present one */
    struct mb_arena *arena;
    struct mb_config_report *report;
    const char *file;
    struct mb_yaml_node *nodes;
    size_t count;
};

static const char *place(struct reader *r, const struct mb_yaml_event *event)
{
    return mb_yaml_place(r->arena, r->file, event->line, event->column);
}

/* Always false: nothing sensible can follow. */
static bool give_up(struct reader *r, const char *why)
{
    mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event), "%s", why);
    return false;
}

static bool next(struct reader *r)
{
    const char *why;
    const struct mb_yaml_event *event = mb_yaml_next(&r->cursor, &why);

    if (event == NULL)
        return give_up(r, why != NULL ? why : "the file ends too early");
    r->event = event;
    return true;
}

/* What the present scalar's tag makes of it: "str" and so on; NULL for none, "" for one of another language.
 */
static const char *tag_type(const struct reader *r)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *tag = r->event->tag;

    if (tag == NULL || strcmp(tag, "!") == 0)
        return NULL;
    return strncmp(tag, core, sizeof core - 1) == 0 ? tag + sizeof core - 1 : "";
}

/* Is the present scalar YAML's null? */
static bool is_null(const struct reader *r)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    const char *type = tag_type(r);

    if (type != NULL)
        return strcmp(type, "null") == 0;
    for (size_t i = 0; r->event->plain && r->event->tag == NULL && i < sizeof nulls / sizeof *nulls; i++)
        if (strcmp(r->event->text, nulls[i]) == 0)
            return true;
    return false;
}

/* The present scalar, which must be one of plain text. */
static const char *scalar_text(struct reader *r)
{
    static const char *const types[] = {"str", "int", "float", "bool", "null"};
    const char *type = tag_type(r);
    bool known = type == NULL;

    for (size_t i = 0; !known && i < sizeof types / sizeof *types; i++)
        known = strcmp(type, types[i]) == 0;
    if (!known)
        mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event), "unknown tag %s",
                      mb_quote(r->arena, r->event->tag));
    if (memchr(r->event->text, '\0', r->event->len) != NULL)
        mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event), "a NUL byte in the text");
    return r->event->text;
}

/* Passes over the value whose start is the present event. */
static bool skip(struct reader *r)
{
    for (unsigned depth = 0;;) {
        enum mb_yaml_event_type type = r->event->type;
        if (type == MB_YAML_MAP_BEGIN || type == MB_YAML_LIST_BEGIN)
            depth++;
        if (type == MB_YAML_MAP_END || type == MB_YAML_LIST_END)
            depth--;
        if (depth == 0)
            return true;
        if (!next(r))
            return false;
    }
}

/* "{{ .Values.x }}" is a section in a section to YAML. */
static bool is_template(const struct reader *r)
{
    const struct mb_yaml_event *inner = mb_yaml_peek(&r->cursor);

    return r->event->type == MB_YAML_MAP_BEGIN && !r->event->plain && inner != NULL &&
           inner->type == MB_YAML_MAP_BEGIN && !inner->plain && inner->line == r->event->line &&
           inner->column == r->event->column + 1;
}

static bool skip_template(struct reader *r)
{
    mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event),
                  "'{{ ... }}' is a placeholder of a template that was not filled in; put the value there");
    return skip(r);
}

static bool lies_below(const char *path, const char *section)
{
    size_t len = strlen(section);
    return strncasecmp(path, section, len) == 0 && path[len] == '.';
}

static void remove_with_children(struct reader *r, const char *path)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++)
        if (!mb_text_equal_nocase(r->nodes[i].path, path) && !lies_below(r->nodes[i].path, path))
            r->nodes[kept++] = r->nodes[i];
    r->count = kept;
}

/* Takes over node, or returns NULL when another stands: the section's own key outranks a merged one, and a
 * merged one those that are merged after it.  Twice in one section is a problem. */
static struct mb_yaml_node *add(struct reader *r, const struct mb_yaml_node *node)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct mb_yaml_node *other = &r->nodes[i];
        if (!mb_text_equal_nocase(other->path, node->path))
            continue;
        if (other->merged > node->merged) {
            remove_with_children(r, node->path);
            break;
        }
        if (node->merged == 0)
            mb_report_add(r->report, MB_CONFIG_PROBLEM,
                          mb_yaml_place(r->arena, r->file, node->key_line, node->key_column),
                          "%s is given twice, first on line %u; take one of them out",
                          mb_quote(r->arena, node->path), other->key_line);
        return NULL;
    }
    r->nodes[r->count] = *node;
    return &r->nodes[r->count++];
}

static bool read_map(struct reader *r, const char *prefix, unsigned depth, unsigned merged);

/* The entry that is the present event, a section, as a section with its number for a name. */
static bool read_section(struct reader *r, const struct mb_yaml_node *list, size_t number, unsigned depth)
{
    struct mb_yaml_node node = {.kind = MB_YAML_MAP, .text = "", .merged = list->merged};

    node.path = mb_arena_printf(r->arena, "%s.%zu", list->path, number);
    if (node.path == NULL)
        return give_up(r, "out of memory");
    if (r->count == MAX_NODES)
        return give_up(r, "the file has more than 1000 keys");
    node.line = node.key_line = r->event->line;
    node.column = node.key_column = r->event->column;
    return add(r, &node) == NULL ? skip(r) : read_map(r, node.path, depth + 1, list->merged);
}

/* An entry that is no scalar. */
static bool read_entry(struct reader *r, const struct mb_yaml_node *list, size_t number, unsigned depth)
{
    bool sections = mb_text_equal_nocase(list->path, MB_SCHEDULES);

    if (is_template(r))
        return skip_template(r);
    if (sections && r->event->type == MB_YAML_MAP_BEGIN)
        return read_section(r, list, number, depth);
    mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event), "entries of this list must be %s",
                  sections ? "sections, each beginning with '- name: ...'" : "plain values");
    return skip(r);
}

static bool read_list(struct reader *r, struct mb_yaml_node *node, unsigned depth)
{
    const char **items = mb_arena_alloc(r->arena, MAX_NODES, sizeof *items);
    size_t n = 0, sections = 0;

    if (items == NULL)
        return give_up(r, "out of memory");
    for (;;) {
        if (!next(r))
            return false;
        if (r->event->type == MB_YAML_LIST_END)
            break;
        if (n == MAX_NODES)
            return give_up(r, "the list is longer than 1000 entries");
        if (r->event->type != MB_YAML_SCALAR) {
            if (!read_entry(r, node, sections++, depth))
                return false;
            continue;
        }
        items[n] = scalar_text(r);
        n += !is_null(r);
    }
    node->list = (struct mb_strings){.items = items, .count = n};
    return true;
}

/* The value whose start is the present event. */
static bool read_value(struct reader *r, struct mb_yaml_node *node, unsigned depth)
{
    enum mb_yaml_event_type type = r->event->type;

    if (is_template(r))
        return skip_template(r);
    node->line = r->event->line;
    node->column = r->event->column;
    node->aliased = r->event->aliased;
    node->text = "";
    if (type == MB_YAML_SCALAR) {
        node->text = scalar_text(r);
        node->plain = r->event->plain && r->event->tag == NULL;
        node->kind = is_null(r) ? MB_YAML_NULL : MB_YAML_TEXT;
    } else {
        node->kind = type == MB_YAML_LIST_BEGIN ? MB_YAML_LIST : MB_YAML_MAP;
    }
    struct mb_yaml_node *added = add(r, node);
    if (added == NULL)
        return skip(r);
    if (node->kind == MB_YAML_LIST)
        return read_list(r, added, depth);
    return node->kind != MB_YAML_MAP || read_map(r, node->path, depth + 1, node->merged);
}

/* The key that is the present event, its place in node. */
static bool read_key(struct reader *r, const char *prefix, struct mb_yaml_node *node)
{
    if (r->event->type != MB_YAML_SCALAR)
        return give_up(r, "a key must be a plain name");
    const char *key = scalar_text(r);
    node->path = *prefix == '\0' ? key : mb_arena_printf(r->arena, "%s.%s", prefix, key);
    if (node->path == NULL)
        return give_up(r, "out of memory");
    if (strlen(node->path) > MAX_PATH)
        return give_up(r, "the key is longer than 256 bytes");
    node->key_line = r->event->line;
    node->key_column = r->event->column;
    return true;
}

/* What "<<" merges into the section: another section, or a list of them. */
static bool read_merge(struct reader *r, const char *prefix, unsigned depth, unsigned merged)
{
    if (r->event->type == MB_YAML_MAP_BEGIN)
        return read_map(r, prefix, depth + 1, merged + 1);
    bool list = r->event->type == MB_YAML_LIST_BEGIN;
    while (list && next(r) && r->event->type == MB_YAML_MAP_BEGIN)
        if (!read_map(r, prefix, depth + 1, merged + 1))
            return false;
    return (list && r->event->type == MB_YAML_LIST_END) ||
           give_up(r, "'<<' takes a section or a list of sections, by alias: '<<: *name'");
}

static bool read_map(struct reader *r, const char *prefix, unsigned depth, unsigned merged)
{
    if (depth > MB_YAML_DEPTH)
        return give_up(r, "sections are nested more than 16 deep");
    for (;;) {
        struct mb_yaml_node node = {.merged = merged};
        if (!next(r))
            return false;
        if (r->event->type == MB_YAML_MAP_END)
            return true;
        if (r->count == MAX_NODES)
            return give_up(r, "the file has more than 1000 keys");
        bool merge = r->event->type == MB_YAML_SCALAR && r->event->plain && r->event->tag == NULL &&
                     strcmp(r->event->text, "<<") == 0;
        if (merge ? !next(r) || !read_merge(r, prefix, depth, merged)
                  : !read_key(r, prefix, &node) || !next(r) || !read_value(r, &node, depth))
            return false;
    }
}

static bool read_document(struct reader *r, const struct mb_yaml_events *events)
{
    if (events->count == 0)
        return true;
    mb_yaml_cursor_init(&r->cursor, events);
    r->event = events->items;
    if (!next(r))
        return false;
    if (is_template(r))
        return skip_template(r);
    if (r->event->type == MB_YAML_MAP_BEGIN)
        return read_map(r, "", 1, 0);
    if (r->event->type == MB_YAML_LIST_BEGIN)
        return give_up(r,
                       "the file is a list ('- ...'), but must be sections such as 'milvus:' with their keys "
                       "below them");
    return is_null(r) || give_up(r, "the file is one text, but must be sections such as 'milvus:' with their "
                                    "keys below them");
}

bool mb_yaml_read(struct mb_arena *arena, struct mb_config_report *report, const char *file, const void *data,
                  size_t len, struct mb_yaml_node **out, size_t *count)
{
    struct reader r = {.arena = arena, .report = report, .file = file};
    struct mb_yaml_events events;

    r.nodes = mb_arena_alloc(arena, MAX_NODES, sizeof *r.nodes);
    if (r.nodes == NULL) {
        mb_report_add(report, MB_CONFIG_PROBLEM, file, "out of memory");
        return false;
    }
    if (!mb_yaml_load(arena, report, file, data, len, &events) || !read_document(&r, &events))
        return false;
    *out = r.nodes;
    *count = r.count;
    return true;
}

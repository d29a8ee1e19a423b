#include "config/yaml.h"

#include "base/arena.h"

#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 16, MAX_NODES = 1000, MAX_PATH = 256 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    struct mb_arena *arena;
    struct mb_config_report *report;
    const char *file;
    struct mb_yaml_node *nodes;
    size_t count;
};

static const char *place(struct reader *r, yaml_mark_t mark)
{
    return mb_arena_printf(r->arena, "%s:%zu:%zu", r->file, mark.line + 1, mark.column + 1);
}

/* Always false: nothing sensible can follow. */
static bool give_up(struct reader *r, yaml_mark_t mark, const char *why)
{
    mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, mark), "%s", why);
    return false;
}

static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    memset(&r->event, 0, sizeof r->event);
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "out of memory";
    if (r->parser.error == YAML_READER_ERROR)
        mb_report_add(r->report, MB_CONFIG_PROBLEM, r->file, "not text in UTF-8: %s at byte %zu", problem,
                      r->parser.problem_offset);
    else
        mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->parser.problem_mark),
                      "the YAML is broken: %s%s%s", problem, r->parser.context != NULL ? " " : "",
                      r->parser.context != NULL ? r->parser.context : "");
    return false;
}

/* Anchors make one line of a file depend on another, and cost exponential time in hostile files. */
static void refuse_anchor(struct reader *r, const yaml_char_t *anchor)
{
    if (anchor != NULL)
        mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event.start_mark),
                      "anchors and aliases (& and *) are not read; write the value out");
}

/* The scalar of the present event as text; *null for YAML's null. */
static const char *scalar_text(struct reader *r, bool *null, bool *plain)
{
    static const char core[] = "tag:yaml.org,2002:";
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    const char *value = (const char *)r->event.data.scalar.value;
    const char *tag = (const char *)r->event.data.scalar.tag;
    size_t len = r->event.data.scalar.length;

    refuse_anchor(r, r->event.data.scalar.anchor);
    *plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && tag == NULL;
    *null = false;
    for (size_t i = 0; *plain && i < sizeof nulls / sizeof *nulls; i++)
        *null = *null || strcmp(value, nulls[i]) == 0;
    if (tag != NULL && strcmp(tag, "!") != 0) {
        const char *type = strncmp(tag, core, sizeof core - 1) == 0 ? tag + sizeof core - 1 : "";
        *null = strcmp(type, "null") == 0;
        if (strcmp(type, "str") != 0 && strcmp(type, "int") != 0 && strcmp(type, "float") != 0 &&
            strcmp(type, "bool") != 0 && !*null)
            mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event.start_mark), "unknown tag %s",
                          mb_quote(r->arena, tag));
    }
    if (memchr(value, '\0', len) != NULL)
        mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event.start_mark), "a NUL byte in the text");
    return mb_arena_strdup(r->arena, value);
}

/* Passes over the collection whose start is the present event. */
static bool skip(struct reader *r)
{
    unsigned depth = 0;

    for (;;) {
        yaml_event_type_t type = r->event.type;
        if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
            depth++;
        if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
            depth--;
        if (depth == 0)
            return true;
        if (!next(r))
            return false;
    }
}

/* Takes over node; a key that stands elsewhere already is a problem. */
static struct mb_yaml_node *add(struct reader *r, const struct mb_yaml_node *node)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!mb_text_equal_nocase(r->nodes[i].path, node->path))
            continue;
        const char *where = mb_arena_printf(r->arena, "%s:%u:%u", r->file, node->key_line, node->key_column);
        mb_report_add(r->report, MB_CONFIG_PROBLEM, where, "%s is given twice, first on line %u",
                      mb_quote(r->arena, node->path), r->nodes[i].key_line);
        return &r->nodes[i];
    }
    r->nodes[r->count] = *node;
    return &r->nodes[r->count++];
}

static bool read_list(struct reader *r, struct mb_yaml_node *node)
{
    const char **items = mb_arena_alloc(r->arena, MAX_NODES, sizeof *items);
    size_t n = 0;

    if (items == NULL)
        return give_up(r, r->event.start_mark, "out of memory");
    refuse_anchor(r, r->event.data.sequence_start.anchor);
    for (;;) {
        bool null = false, plain;
        if (!next(r))
            return false;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (n == MAX_NODES)
            return give_up(r, r->event.start_mark, "the list is longer than 1000 entries");
        if (r->event.type == YAML_SCALAR_EVENT) {
            const char *text = scalar_text(r, &null, &plain);
            if (text == NULL)
                return give_up(r, r->event.start_mark, "out of memory");
            if (!null)
                items[n++] = text;
            continue;
        }
        mb_report_add(r->report, MB_CONFIG_PROBLEM, place(r, r->event.start_mark),
                      "entries of this list must be plain values");
        if (!skip(r))
            return false;
    }
    node->list = (struct mb_strings){.items = items, .count = n};
    return true;
}

static bool read_map(struct reader *r, const char *prefix, unsigned depth);

/* The value whose start is the present event. */
static bool read_value(struct reader *r, struct mb_yaml_node *node, unsigned depth)
{
    bool null = false;

    node->line = (unsigned)r->event.start_mark.line + 1;
    node->column = (unsigned)r->event.start_mark.column + 1;
    node->text = "";
    switch ((int)r->event.type) {
    case YAML_SCALAR_EVENT:
        node->text = scalar_text(r, &null, &node->plain);
        node->kind = null ? MB_YAML_NULL : MB_YAML_TEXT;
        if (node->text == NULL)
            return give_up(r, r->event.start_mark, "out of memory");
        add(r, node);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = MB_YAML_LIST;
        return read_list(r, add(r, node));
    case YAML_MAPPING_START_EVENT:
        node->kind = MB_YAML_MAP;
        refuse_anchor(r, r->event.data.mapping_start.anchor);
        add(r, node);
        return read_map(r, node->path, depth + 1);
    default:
        refuse_anchor(r, r->event.data.alias.anchor);
        return true;
    }
}

/* The key that is the present event, its place in node. */
static bool read_key(struct reader *r, const char *prefix, struct mb_yaml_node *node)
{
    yaml_mark_t mark = r->event.start_mark;
    bool null, plain;

    if (r->event.type != YAML_SCALAR_EVENT)
        return give_up(r, mark, "a key must be a plain name");
    const char *key = scalar_text(r, &null, &plain);
    if (key != NULL)
        node->path = *prefix == '\0' ? key : mb_arena_printf(r->arena, "%s.%s", prefix, key);
    if (node->path == NULL)
        return give_up(r, mark, "out of memory");
    if (strlen(node->path) > MAX_PATH)
        return give_up(r, mark, "the key is longer than 256 bytes");
    node->key_line = (unsigned)mark.line + 1;
    node->key_column = (unsigned)mark.column + 1;
    return true;
}

static bool read_map(struct reader *r, const char *prefix, unsigned depth)
{
    if (depth > MAX_DEPTH)
        return give_up(r, r->event.start_mark, "sections are nested more than 16 deep");
    for (;;) {
        struct mb_yaml_node node = {0};
        if (!next(r))
            return false;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return true;
        if (r->count == MAX_NODES)
            return give_up(r, r->event.start_mark, "the file has more than 1000 keys");
        if (!read_key(r, prefix, &node) || !next(r) || !read_value(r, &node, depth))
            return false;
    }
}

static bool read_document(struct reader *r)
{
    bool null = true, plain;

    if (!next(r) || !next(r)) /* stream start, document start */
        return false;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!next(r))
        return false;
    if (r->event.type == YAML_SCALAR_EVENT)
        scalar_text(r, &null, &plain);
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        refuse_anchor(r, r->event.data.mapping_start.anchor);
        if (!read_map(r, "", 1))
            return false;
    } else if (r->event.type != YAML_SCALAR_EVENT || !null) {
        return give_up(r, r->event.start_mark, "the file must be a list of sections such as 'milvus:'");
    }
    if (!next(r) || !next(r)) /* document end */
        return false;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return give_up(r, r->event.start_mark, "a second YAML document ('---') begins here; one is read");
    return true;
}

bool mb_yaml_read(struct mb_arena *arena, struct mb_config_report *report, const char *file, const void *data,
                  size_t len, struct mb_yaml_node **out, size_t *count)
{
    struct reader r = {.arena = arena, .report = report, .file = file};
    bool ok = false;

    r.nodes = mb_arena_alloc(arena, MAX_NODES, sizeof *r.nodes);
    if (r.nodes == NULL || !yaml_parser_initialize(&r.parser)) {
        mb_report_add(report, MB_CONFIG_PROBLEM, file, "out of memory");
        return false;
    }
    yaml_parser_set_input_string(&r.parser, data, len);
    ok = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (ok) {
        *out = r.nodes;
        *count = r.count;
    }
    return ok;
}

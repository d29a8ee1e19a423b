#include "config/migrated_text.h"

#include "base/arena.h"
#include "config/key.h"
#include "config/schedule_key.h"

#include <stdio.h>
#include <string.h>

enum { MAX_FILE = 1 << 20 };

/* ------------------------------------------------------------------- values */

/* The code point of a character of len bytes. */
static unsigned code_of(const char *at, size_t len)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = (unsigned char)*at & masks[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

/* What a reader of YAML would fold, refuse or not show. */
static bool needs_escape(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0xa0) || (code >= 0x2000 && code <= 0x200f) ||
           code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe || code == 0xffff;
}

static void quote_into(struct mb_buf *out, const char *value)
{
    size_t rest = strlen(value);
    mb_buf_putc(out, '"');
    while (rest > 0) {
        size_t len = mb_text_character(value, rest);
        len = len > 0 ? len : 1;
        unsigned code = code_of(value, len);
        if (needs_escape(code))
            mb_buf_printf(out, "\\u%04x", code);
        else if (code == '"' || code == '\\')
            mb_buf_printf(out, "\\%c", (char)code);
        else
            mb_buf_append(out, value, len);
        value += len;
        rest -= len;
    }
    mb_buf_putc(out, '"');
}

static const char *kept(struct mb_arena *arena, struct mb_buf *buf)
{
    const char *text = buf->status == MB_OK ? mb_arena_strdup(arena, mb_buf_text(buf)) : NULL;
    mb_buf_wipe(buf);
    return text;
}

const char *mb_migrated_quote(struct mb_arena *arena, const char *value)
{
    struct mb_buf buf = MB_BUF_INIT(MAX_FILE);
    quote_into(&buf, value);
    return kept(arena, &buf);
}

const char *mb_migrated_list(struct mb_arena *arena, const struct mb_strings *list)
{
    struct mb_buf buf = MB_BUF_INIT(MAX_FILE);
    mb_buf_putc(&buf, '[');
    for (size_t i = 0; i < list->count; i++) {
        mb_buf_puts(&buf, i > 0 ? ", " : "");
        quote_into(&buf, list->items[i]);
    }
    mb_buf_putc(&buf, ']');
    return kept(arena, &buf);
}

const char *mb_migrated_bare(struct mb_arena *arena, const char *value, enum mb_option_type type, bool plain)
{
    bool is_true = false, digit = *value == '0' || *value == '1';

    if (type == MB_KEY_INT && *value >= '0' && *value <= '9' &&
        value[strspn(value, "0123456789.eE+-")] == '\0')
        return value;
    if (type == MB_KEY_BOOL && !(plain && digit) && mb_text_to_bool(value, &is_true))
        return is_true ? "true" : "false";
    if (type == MB_KEY_BOOL && plain && digit)
        return value;
    return mb_migrated_quote(arena, value);
}

/* -------------------------------------------------------------------- lines */

void mb_migrated_text_begin(struct mb_migrated_text *text, const char *path)
{
    *text = (struct mb_migrated_text){.out = MB_BUF_INIT(MAX_FILE)};
    mb_buf_printf(
        &text->out,
        "# Configuration of milvus-backup, in the keys of schema v2.\n"
        "#\n"
        "# Made from %s; a key that is not here has its default.  Behind a value stands what it was\n"
        "# called there.\n"
        "configVersion: v2\n",
        mb_text_is_plain(path) ? path : "a file of schema v1");
}

static void indent(struct mb_migrated_text *text, size_t depth)
{
    mb_buf_printf(&text->out, "%*s", (int)(2 * depth), "");
}

/* How much of the path both share, in whole names. */
static size_t shared(const char *a, const char *b)
{
    size_t last = 0, i = 0;
    for (; a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '.')
            last = i + 1;
    bool whole_a = a[i] == '\0' && (b[i] == '\0' || b[i] == '.');
    bool whole_b = b[i] == '\0' && a[i] == '.';
    return whole_a || whole_b ? i : last;
}

/* Opens what of the section is not open yet; its depth. */
static size_t open_section(struct mb_migrated_text *text, const char *section)
{
    size_t same = shared(text->section, section), depth = 0;

    for (size_t at = 0; section[at] != '\0'; depth++) {
        size_t len = strcspn(section + at, ".");
        if (at + len > same || same == 0) {
            mb_buf_puts(&text->out, depth == 0 ? "\n" : "");
            indent(text, depth);
            mb_buf_printf(&text->out, "%.*s:\n", (int)len, section + at);
        }
        at += len + (section[at + len] == '.');
    }
    snprintf(text->section, sizeof text->section, "%s", section);
    return depth;
}

static bool is_bare_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return *name != '\0' && strchr(letters, *name) != NULL && name[strspn(name, letters)] == '\0';
}

void mb_migrated_text_put(struct mb_migrated_text *text, const struct mb_migrated_line *line)
{
    size_t depth = open_section(text, line->section);

    if (line->help != NULL) {
        indent(text, depth);
        mb_buf_printf(&text->out, "# %s\n", line->help);
    }
    indent(text, depth);
    mb_buf_puts(&text->out, line->value == NULL ? "# " : "");
    if (is_bare_name(line->name))
        mb_buf_puts(&text->out, line->name);
    else
        quote_into(&text->out, line->name);
    mb_buf_printf(&text->out, ":%s%s", line->value != NULL ? " " : "",
                  line->value != NULL ? line->value : "");
    if (line->origin != NULL)
        mb_buf_printf(&text->out, "%s%s", line->value != NULL ? "  # " : " ", line->origin);
    mb_buf_putc(&text->out, '\n');
}

/* ---------------------------------------------------------------- schedules */

static const struct mb_yaml_node *find(const struct mb_settings *settings, const char *path)
{
    for (size_t i = 0; i < settings->node_count; i++)
        if (mb_text_equal_nocase(settings->nodes[i].path, path))
            return &settings->nodes[i];
    return NULL;
}

static void put_schedule_key(struct mb_migrated_text *text, const struct mb_settings *settings,
                             const char *entry, const struct mb_schedule_key_row *key, bool *opened,
                             bool *retention)
{
    const char *dot = strchr(key->name, '.');
    const char *path = mb_arena_printf(settings->arena, "%s.%s", entry, key->name);
    const struct mb_yaml_node *node = path != NULL ? find(settings, path) : NULL;

    if (node == NULL || node->kind == MB_YAML_NULL)
        return;
    const char *value = node->kind == MB_YAML_LIST
                            ? mb_migrated_list(settings->arena, &node->list)
                            : mb_migrated_bare(settings->arena, node->text, key->type, node->plain);
    if (dot != NULL && !*retention)
        mb_buf_printf(&text->out, "  %c retention:\n", *opened ? ' ' : '-');
    *opened = *opened || dot != NULL;
    *retention = *retention || dot != NULL;
    mb_buf_printf(&text->out, "  %s%c %s: %s\n", dot != NULL ? "  " : "", *opened ? ' ' : '-',
                  dot != NULL ? dot + 1 : key->name, value != NULL ? value : "");
    *opened = true;
}

void mb_migrated_text_schedules(struct mb_migrated_text *text, const struct mb_settings *settings)
{
    bool first = true;

    for (size_t i = 0; i < settings->node_count; i++) {
        const struct mb_yaml_node *node = &settings->nodes[i];
        bool opened = false, retention = false;
        if (!mb_key_below(node->path, MB_SCHEDULES) || node->kind != MB_YAML_MAP ||
            strchr(node->path + sizeof MB_SCHEDULES, '.') != NULL)
            continue;
        if (first)
            mb_buf_printf(&text->out, "\n%s:\n", MB_SCHEDULES);
        first = false;
        for (size_t key = 0; key < MB_SCHEDULE_KEYS; key++)
            put_schedule_key(text, settings, node->path, &mb_schedule_keys[key], &opened, &retention);
    }
}

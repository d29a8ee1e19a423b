#include "rules.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_RULES = 64, MOST_DELAY_MS = 24 * 3600 * 1000 };

struct parsing {
    struct mb_arena *arena;
    struct fault_rule *rule;
    const char *text; /* of the rule */
    struct mb_error *error;
};

MB_PRINTF(2, 3)
static mb_status wrong(const struct parsing *p, const char *fmt, ...)
{
    char why[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    return mb_fail(p->error, MB_E_CONFIG, "option \"fault.rules\": rule %u, \"%.100s\": %s", p->rule->number,
                   p->text, why);
}

static mb_status read_count(const struct parsing *p, const char *name, const char *value, uint64_t *out)
{
    int64_t number;
    if (value == NULL || !mb_text_to_int64(value, &number) || number < 1)
        return wrong(p, "%s= takes a number from 1 up", name);
    *out = (uint64_t)number;
    return MB_OK;
}

static mb_status read_ms(const struct parsing *p, const char *name, const char *value, int64_t most,
                         int64_t *out)
{
    size_t digits = value != NULL ? strspn(value, "0123456789") : 0;
    const char *number = digits > 0 ? mb_arena_strndup(p->arena, value, digits) : "";
    int64_t ms = 0;
    if (number == NULL)
        return mb_fail_memory(p->error);
    bool seconds = digits > 0 && strcmp(value + digits, "s") == 0;
    bool ok = digits > 0 && (seconds || strcmp(value + digits, "ms") == 0) && mb_text_to_int64(number, &ms);
    if (!ok || ms > most / (seconds ? 1000 : 1))
        return wrong(p, "%s= takes a time such as 500ms or 2s", name);
    *out = seconds ? ms * 1000 : ms;
    return MB_OK;
}

static mb_status read_class(const struct parsing *p, const char *value, mb_status *out)
{
    static const struct {
        const char *name;
        mb_status status;
    } classes[] = {
        {"INTERNAL", MB_E_INTERNAL},   {"INVALID", MB_E_INVALID},
        {"CONFIG", MB_E_CONFIG},       {"UNSUPPORTED", MB_E_UNSUPPORTED},
        {"NOT_FOUND", MB_E_NOT_FOUND}, {"NO_BUCKET", MB_E_NO_BUCKET},
        {"EXISTS", MB_E_EXISTS},       {"UNAUTHENTICATED", MB_E_UNAUTHENTICATED},
        {"FORBIDDEN", MB_E_FORBIDDEN}, {"THROTTLED", MB_E_THROTTLED},
        {"TIMEOUT", MB_E_TIMEOUT},     {"UNAVAILABLE", MB_E_UNAVAILABLE},
        {"CORRUPT", MB_E_CORRUPT},     {"PROTOCOL", MB_E_PROTOCOL},
        {"NO_SPACE", MB_E_NO_SPACE},   {"NO_MEMORY", MB_E_NO_MEMORY},
    };
    for (size_t i = 0; value != NULL && i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcmp(classes[i].name, value) == 0) {
            *out = classes[i].status;
            return MB_OK;
        }
    }
    return wrong(p, "error= takes a class such as UNAVAILABLE, THROTTLED or FORBIDDEN");
}

static mb_status read_operation(const struct parsing *p, const char *name)
{
    p->rule->any = strcmp(name, "any") == 0;
    for (unsigned i = 0; !p->rule->any; i++) {
        if (i == SHIM_OPERATION_COUNT)
            return wrong(p, "there is no operation \"%.40s\"; \"any\" stands for all", name);
        p->rule->operation = (enum shim_operation)i;
        if (strcmp(shim_operation_name(p->rule->operation), name) == 0)
            break;
    }
    return MB_OK;
}

static mb_status set_kind(const struct parsing *p, enum fault_kind kind)
{
    if (p->rule->kind != FAULT_NONE)
        return wrong(p, "only one of error=, cut=, hang and kill fits into a rule");
    p->rule->kind = kind;
    return MB_OK;
}

static mb_status read_word(const struct parsing *p, const char *word)
{
    if (strcmp(word, "late") == 0) {
        p->rule->late = true;
        return MB_OK;
    }
    if (strcmp(word, "hang") == 0)
        return set_kind(p, FAULT_HANG);
    if (strcmp(word, "kill") == 0)
        return set_kind(p, FAULT_KILL);
    return wrong(
        p,
        "\"%.40s\" is not known: hang, kill and late stand alone, error, cut, delay, retry-after, nth, "
        "every, from and key take a value",
        word);
}

static mb_status read_cut(const struct parsing *p, const char *value)
{
    int64_t bytes;
    if (!mb_text_to_int64(value, &bytes) || bytes < 0)
        return wrong(p, "cut= takes a number of bytes");
    p->rule->cut = (uint64_t)bytes;
    return set_kind(p, FAULT_CUT);
}

/* "nth=3" or "kill". */
static mb_status read_item(const struct parsing *p, char *item)
{
    struct fault_rule *rule = p->rule;
    char *equals = strchr(item, '=');
    int64_t ms = 0;
    if (equals == NULL)
        return read_word(p, item);
    *equals = '\0';
    const char *value = equals + 1;
    if (strcmp(item, "nth") == 0)
        return read_count(p, item, value, &rule->nth);
    if (strcmp(item, "every") == 0)
        return read_count(p, item, value, &rule->every);
    if (strcmp(item, "from") == 0)
        return read_count(p, item, value, &rule->from);
    if (strcmp(item, "key") == 0 && *value != '\0') {
        rule->key = value;
        return MB_OK;
    }
    if (strcmp(item, "delay") == 0) {
        MB_TRY(read_ms(p, item, value, MOST_DELAY_MS, &ms));
        rule->delay_ns = ms * MB_NS_PER_MS;
        return MB_OK;
    }
    if (strcmp(item, "retry-after") == 0) {
        MB_TRY(read_ms(p, item, value, UINT32_MAX, &ms));
        rule->retry_after_ms = (uint32_t)ms;
        return MB_OK;
    }
    if (strcmp(item, "cut") == 0)
        return read_cut(p, value);
    if (strcmp(item, "error") == 0) {
        MB_TRY(read_class(p, value, &rule->status));
        return set_kind(p, FAULT_ERROR);
    }
    return read_word(p, item);
}

static mb_status check(const struct parsing *p)
{
    const struct fault_rule *rule = p->rule;
    bool carries = rule->any || rule->operation == SHIM_GET || rule->operation == SHIM_PUT ||
                   rule->operation == SHIM_MPU_PART;
    if (rule->kind == FAULT_NONE && rule->delay_ns == 0)
        return wrong(p, "it does nothing: error=, cut=, delay=, hang or kill is missing");
    if (rule->kind == FAULT_CUT && !carries)
        return wrong(p, "cut= is for get, put and mpu_part, which carry bytes");
    if (rule->late && rule->kind != FAULT_ERROR && rule->kind != FAULT_KILL)
        return wrong(p, "late goes with error= or kill");
    if (rule->retry_after_ms != 0 && rule->kind != FAULT_ERROR)
        return wrong(p, "retry-after= goes with error=");
    return MB_OK;
}

static mb_status parse_rule(struct parsing *p)
{
    char *items = mb_arena_strdup(p->arena, p->text);
    if (items == NULL)
        return mb_fail_memory(p->error);
    for (bool first = true; items != NULL; first = false) {
        char *item = strsep(&items, ":");
        mb_status status = first ? read_operation(p, item) : read_item(p, item);
        MB_TRY(status);
    }
    return check(p);
}

mb_status fault_rules_parse(const char *text, struct mb_arena *arena, struct fault_rule **out, size_t *count,
                            struct mb_error *error)
{
    struct fault_rule *rules = mb_arena_alloc(arena, MOST_RULES, sizeof(*rules));
    char *rest = mb_arena_strdup(arena, text);
    size_t found = 0;
    if (rules == NULL || rest == NULL)
        return mb_fail_memory(error);
    while (rest != NULL) {
        char *rule = strsep(&rest, ";");
        rule += strspn(rule, " \n");
        if (*rule == '\0')
            continue;
        if (found == MOST_RULES)
            return mb_fail(error, MB_E_CONFIG, "option \"fault.rules\" holds more than %d rules", MOST_RULES);
        rules[found].number = (unsigned)found + 1;
        struct parsing p = {.arena = arena, .rule = &rules[found++], .text = rule, .error = error};
        MB_TRY(parse_rule(&p));
    }
    *out = rules;
    *count = found;
    return MB_OK;
}

bool fault_rule_fires(struct fault_rule *rule, enum shim_operation operation, const char *key)
{
    if ((!rule->any && rule->operation != operation) || (rule->key != NULL && strstr(key, rule->key) == NULL))
        return false;
    uint64_t seen = ++rule->seen;
    return (rule->nth == 0 || seen == rule->nth) && (rule->every == 0 || seen % rule->every == 0) &&
           seen >= rule->from;
}

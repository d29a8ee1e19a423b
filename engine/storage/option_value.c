#include "storage/options.h"

#include <ctype.h>
#include <string.h>

/* Digits, at least one; false when the number does not fit. */
static bool read_digits(const char **at, uint64_t *out)
{
    uint64_t value = 0;
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(**at - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static bool find_unit(const struct unit *units, size_t count, const char *name, uint64_t *factor)
{
    for (size_t i = 0; i < count; i++) {
        if (mb_text_equal_nocase(units[i].name, name)) {
            *factor = units[i].factor;
            return true;
        }
    }
    return false;
}

/* "8MiB", "64 k", "1GB", "512". */
static bool parse_size(const char *text, uint64_t *out)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"k", 1u << 10},
        {"KiB", 1u << 10},
        {"kB", 1000},
        {"M", 1u << 20},
        {"MiB", 1u << 20},
        {"MB", 1000000},
        {"G", 1u << 30},
        {"GiB", 1u << 30},
        {"GB", 1000000000},
        {"T", UINT64_C(1) << 40},
        {"TiB", UINT64_C(1) << 40},
        {"TB", UINT64_C(1000000000000)},
    };
    uint64_t value, factor;
    if (!read_digits(&text, &value))
        return false;
    text += *text == ' ';
    if (!find_unit(units, sizeof(units) / sizeof(units[0]), text, &factor))
        return false;
    return !__builtin_mul_overflow(value, factor, out) && *out <= INT64_MAX;
}

/* "250ms", "30s", "1h30m", in milliseconds.  A bare number is refused, for nobody could say of what; so is
 * "1.5s". */
static bool parse_duration(const char *text, uint64_t *out)
{
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},    {"m", 60000},
                                        {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    uint64_t total = 0;
    if (strcmp(text, "0") == 0) {
        *out = 0;
        return true;
    }
    do {
        uint64_t value, factor;
        char name[4] = "";
        if (!read_digits(&text, &value))
            return false;
        for (size_t i = 0; i < sizeof(name) - 1 && isalpha((unsigned char)*text); i++)
            name[i] = *text++;
        if (!find_unit(units, sizeof(units) / sizeof(units[0]), name, &factor) ||
            __builtin_mul_overflow(value, factor, &value) || __builtin_add_overflow(total, value, &total))
            return false;
    } while (*text != '\0');
    *out = total;
    return total <= INT64_MAX / 1000000;
}

/* http://host..., https://host... */
static bool is_url(const char *text)
{
    const char *rest = mb_text_starts_with(text, "http://")    ? text + strlen("http://")
                       : mb_text_starts_with(text, "https://") ? text + strlen("https://")
                                                               : "";
    if (*rest == '\0' || *rest == '/' || *rest == ':')
        return false;
    for (; *rest != '\0'; rest++) {
        if ((unsigned char)*rest <= ' ' || *rest == 0x7f)
            return false;
    }
    return true;
}

static const char *find_choice(const char *choices, const char *text, struct mb_arena *arena)
{
    for (const char *at = choices != NULL ? choices : ""; *at != '\0';) {
        size_t len = strcspn(at, "|");
        const char *choice = mb_arena_strndup(arena, at, len);
        if (choice == NULL || mb_text_equal_nocase(choice, text))
            return choice;
        at += len + (at[len] == '|');
    }
    return NULL;
}

static const char *canonical_number(struct mb_arena *arena, uint64_t value, bool ok)
{
    return ok ? mb_arena_printf(arena, "%llu", (unsigned long long)value) : NULL;
}

const char *mb_option_value(const struct mb_option *option, const char *text, struct mb_arena *arena,
                            const char **problem)
{
    uint64_t number = 0;
    int64_t integer = 0;
    bool truth = false, ok = false;
    *problem = NULL;
    switch (option->type) {
    case MB_OPT_BOOL:
        ok = mb_text_to_bool(text, &truth);
        *problem = ok ? NULL : "is neither true nor false";
        return ok ? truth ? "true" : "false" : NULL;
    case MB_OPT_INT:
        ok = mb_text_to_int64(text, &integer);
        *problem = ok ? NULL : "is not a whole number";
        return ok ? mb_arena_printf(arena, "%lld", (long long)integer) : NULL;
    case MB_OPT_SIZE:
        ok = parse_size(text, &number);
        *problem = ok ? NULL : "is not a size such as 512, 64KiB or 8MiB";
        return canonical_number(arena, number, ok);
    case MB_OPT_DURATION:
        ok = parse_duration(text, &number);
        *problem = ok ? NULL : "is not a duration such as 250ms, 30s or 1h30m";
        return canonical_number(arena, number, ok);
    case MB_OPT_ENUM: {
        const char *choice = find_choice(option->choices, text, arena);
        *problem = choice != NULL ? NULL
                                  : mb_arena_printf(arena, "is not one of %s",
                                                    option->choices != NULL ? option->choices : "(none)");
        return choice;
    }
    case MB_OPT_URL:
        ok = is_url(text);
        *problem = ok ? NULL : "is not a URL that begins with http:// or https://";
        return ok ? mb_arena_strdup(arena, text) : NULL;
    default:
        return mb_arena_strdup(arena, text);
    }
}

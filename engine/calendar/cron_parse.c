#include "base/hint.h"
#include "base/text.h"
#include "calendar/cron.h"

#include <ctype.h>
#include <string.h>

struct field {
    const char *name;
    int low, high;
    const char *const *words; /* for low, low + 1, ...; or NULL */
    int word_count;
    const char *takes;
};

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const struct field fields[] = {
    {"minute", 0, 59, NULL, 0, "0 to 59"},
    {"hour", 0, 23, NULL, 0, "0 to 23"},
    {"day of the month", 1, 31, NULL, 0, "1 to 31"},
    {"month", 1, 12, months, 12, "1 to 12 or jan to dec"},
    {"day of the week", 0, 7, weekdays, 7, "0 to 7 (0 and 7 are Sunday) or sun to sat"},
};

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct {
    const char *name, *text;
} shorthands[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
                  {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
                  {"@annually", "0 0 1 1 *"}};

static mb_status refuse(const struct field *field, const char *text, size_t len, struct mb_error *error)
{
    return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "cron",
                        "the %s '%.*s' of a cron expression takes %s, lists (1,2), ranges (1-5), steps (*/2) "
                        "or *",
                        field->name, (int)(len < 64 ? len : 64), text, field->takes);
}

/* The number or word at *text, which moves behind it; -1 for none that the field takes. */
static int read_number(const struct field *field, const char **text, const char *end)
{
    size_t len = 0;
    int value = 0;

    while (*text + len < end && isalnum((unsigned char)(*text)[len]))
        len++;
    const char *word = *text;
    *text += len;
    for (int i = 0; i < field->word_count; i++)
        if (len == 3 && strncasecmp(word, field->words[i], 3) == 0)
            return field->low + i;
    if (len == 0 || len > 2)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)word[i]))
            return -1;
        value = value * 10 + (word[i] - '0');
    }
    return value >= field->low && value <= field->high ? value : -1;
}

/* "*", "3", "1-5", "mon-fri/2", "7/10" (from 7 on), as bits; 0 for what is none of these. */
static uint64_t read_item(const struct field *field, const char *text, const char *end)
{
    int low = field->low, high = field->high, step = 1;
    bool star = *text == '*';
    uint64_t bits = 0;

    if (star) {
        text++;
    } else if ((low = high = read_number(field, &text, end)) >= 0 && text < end && *text == '-') {
        text++;
        high = read_number(field, &text, end);
    }
    if (low < 0 || high < low)
        return 0;
    if (text < end && *text == '/') {
        const struct field steps = {.low = 1, .high = field->high};
        bool open = !star && text[-1] != '*' && low == high;
        text++;
        step = read_number(&steps, &text, end);
        high = open ? field->high : high;
    }
    if (text != end || step < 1)
        return 0;
    for (int i = low; i <= high; i += step)
        bits |= UINT64_C(1) << i;
    return bits;
}

static mb_status read_field(const struct field *field, const char *text, size_t len, uint64_t *out,
                            struct mb_error *error)
{
    const char *end = text + len;

    *out = 0;
    for (const char *item = text; item <= end;) {
        const char *comma = memchr(item, ',', (size_t)(end - item));
        const char *stop = comma != NULL ? comma : end;
        uint64_t bits = item < stop ? read_item(field, item, stop) : 0;
        if (bits == 0)
            return refuse(field, text, len, error);
        *out |= bits;
        item = stop + 1;
    }
    return MB_OK;
}

/* Is there a month that has one of the days? */
static bool comes_ever(const struct mb_cron *cron)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (!cron->any_day && !cron->any_weekday)
        return true;
    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= lengths[month - 1]; day++)
            if ((cron->months >> month & 1) != 0 && (cron->days >> day & 1) != 0)
                return true;
    return false;
}

static mb_status fail_count(const char *text, struct mb_error *error)
{
    return mb_fail_hint(
        error, MB_E_INVALID, MB_HINT_INPUT, "cron",
        "'%.64s' is no cron expression: it takes five fields (minute, hour, day of the month, "
        "month, day of the week), or @hourly, @daily, @weekly, @monthly or @yearly",
        text);
}

static mb_status read_fields(const char *text, uint64_t *bits, bool *star, struct mb_error *error)
{
    static const char blanks[] = " \t";
    const char *whole = text, *starts[FIELDS];
    size_t lens[FIELDS], count = 0;

    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        size_t len = strcspn(text, blanks);
        if (count == FIELDS)
            return fail_count(whole, error);
        starts[count] = text;
        lens[count++] = len;
        text += len;
    }
    if (count != FIELDS)
        return fail_count(whole, error);
    for (size_t i = 0; i < FIELDS; i++) {
        MB_TRY(read_field(&fields[i], starts[i], lens[i], &bits[i], error));
        star[i] = *starts[i] == '*';
    }
    return MB_OK;
}

mb_status mb_cron_parse(const char *text, struct mb_cron *out, struct mb_error *error)
{
    uint64_t bits[FIELDS];
    bool star[FIELDS];

    for (size_t i = 0; i < sizeof shorthands / sizeof *shorthands; i++)
        if (mb_text_equal_nocase(text, shorthands[i].name))
            text = shorthands[i].text;
    MB_TRY(read_fields(text, bits, star, error));
    *out = (struct mb_cron){.minutes = bits[MINUTE],
                            .hours = (uint32_t)bits[HOUR],
                            .days = (uint32_t)bits[DAY],
                            .months = (uint32_t)bits[MONTH],
                            .weekdays = (uint8_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f),
                            .any_day = star[DAY],
                            .any_weekday = star[WEEKDAY]};
    if (!comes_ever(out))
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "cron",
                            "the day of the month in '%.64s' never comes: none of its months is so long",
                            text);
    return MB_OK;
}

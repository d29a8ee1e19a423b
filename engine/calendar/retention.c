#include "calendar/retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mb_retention_is_none(const struct mb_retention *rules)
{
    return rules->last == 0 && rules->daily == 0 && rules->weekly == 0 && rules->monthly == 0 &&
           mb_span_is_none(&rules->within);
}

static int youngest_first(const void *a, const void *b)
{
    const struct mb_retention_item *const *x = a, *const *y = b;
    if ((*x)->made_ms != (*y)->made_ms)
        return (*x)->made_ms < (*y)->made_ms ? 1 : -1;
    return -strcmp((*x)->name, (*y)->name);
}

static mb_status keep(struct mb_retention_item *item, const char *why, struct mb_arena *arena,
                      struct mb_error *error)
{
    item->why = item->keep ? mb_arena_printf(arena, "%s, %s", item->why, why) : mb_arena_strdup(arena, why);
    item->keep = true;
    return item->why != NULL ? MB_OK : mb_fail_memory(error);
}

static void name_day(const struct tm *time, char *out, size_t cap)
{
    strftime(out, cap, "daily %Y-%m-%d", time);
}

static void name_week(const struct tm *time, char *out, size_t cap)
{
    strftime(out, cap, "weekly %G-W%V", time);
}

static void name_month(const struct tm *time, char *out, size_t cap)
{
    strftime(out, cap, "monthly %Y-%m", time);
}

/* Of each of the last `most` periods with a backup, the youngest one. */
static mb_status keep_periods(uint32_t most, void (*name)(const struct tm *, char *, size_t),
                              const struct mb_zone *zone, struct mb_retention_item **items, size_t count,
                              struct mb_arena *arena, struct mb_error *error)
{
    char last[64] = "", period[64];

    for (size_t i = 0; i < count && most > 0; i++) {
        const struct tm time = mb_zone_fields(mb_zone_local(zone, items[i]->made_ms / 1000));
        name(&time, period, sizeof period);
        if (strcmp(period, last) == 0)
            continue;
        memcpy(last, period, sizeof last);
        most--;
        MB_TRY(keep(items[i], period, arena, error));
    }
    return MB_OK;
}

static mb_status keep_within(const struct mb_span *span, const struct mb_zone *zone, int64_t now_ms,
                             struct mb_retention_item **items, size_t count, struct mb_arena *arena,
                             struct mb_error *error)
{
    int64_t since_ms = mb_span_before(span, zone, now_ms / 1000) * 1000;
    char why[64] = "within ", *end = why + strlen(why);

    if (mb_span_is_none(span))
        return MB_OK;
    mb_span_format(span, end, sizeof why - (size_t)(end - why));
    for (size_t i = 0; i < count && items[i]->made_ms >= since_ms; i++)
        MB_TRY(keep(items[i], why, arena, error));
    return MB_OK;
}

/* items are those that take part, the youngest first. */
static mb_status apply(const struct mb_retention *rules, const struct mb_zone *zone, int64_t now_ms,
                       struct mb_retention_item **items, size_t count, struct mb_arena *arena,
                       struct mb_error *error)
{
    char why[32];

    for (size_t i = 0; i < count && i < rules->last; i++) {
        snprintf(why, sizeof why, "last %zu", i + 1);
        MB_TRY(keep(items[i], why, arena, error));
    }
    MB_TRY(keep_within(&rules->within, zone, now_ms, items, count, arena, error));
    MB_TRY(keep_periods(rules->daily, name_day, zone, items, count, arena, error));
    MB_TRY(keep_periods(rules->weekly, name_week, zone, items, count, arena, error));
    MB_TRY(keep_periods(rules->monthly, name_month, zone, items, count, arena, error));
    return count == 0 || items[0]->keep ? MB_OK : keep(items[0], "the last complete one", arena, error);
}

mb_status mb_retention_decide(const struct mb_retention *rules, const struct mb_zone *zone, int64_t now_ms,
                              struct mb_retention_item *items, size_t count, struct mb_arena *arena,
                              struct mb_error *error)
{
    struct mb_retention_item **ordered = mb_arena_alloc(arena, count + 1, sizeof *ordered);
    size_t known = 0;

    if (ordered == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct mb_retention_item *item = &items[i];
        bool takes_part = item->complete && item->made_ms > 0;
        item->keep = !takes_part;
        item->why = takes_part       ? "no rule keeps it"
                    : item->complete ? "when it was made is not known"
                                     : "not complete";
        if (takes_part)
            ordered[known++] = item;
    }
    qsort(ordered, known, sizeof(struct mb_retention_item *), youngest_first);
    return apply(rules, zone, now_ms, ordered, known, arena, error);
}

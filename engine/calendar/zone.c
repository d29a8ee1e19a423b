/* GLib's GTimeZone stands behind it: it reads the system's tzdata, may be used from any thread, and knows
 * what C's tzset cannot, several zones in one process without touching its environment. */
#include "calendar/zone.h"

#include "base/hint.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct mb_zone {
    GTimeZone *glib;
};

/* A name may come from afar, and GLib opens the file of that name. */
static bool is_harmless(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/:";
    return *name != '\0' && *name != '/' && strlen(name) < 64 && name[strspn(name, allowed)] == '\0';
}

static GTimeZone *find(const char *name)
{
    if (strcmp(name, "Local") == 0)
        return g_time_zone_new_local();
    return is_harmless(name) ? g_time_zone_new_identifier(name) : NULL;
}

mb_status mb_zone_open(struct mb_zone **out, const char *name, struct mb_error *error)
{
    GTimeZone *glib = find(name);
    if (glib == NULL)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "timezone",
                            "'%.64s' is no time zone that is known here; it takes a name such as "
                            "Europe/Berlin (the package tzdata has them), UTC, or Local",
                            name);
    struct mb_zone *zone = malloc(sizeof *zone);
    if (zone == NULL) {
        g_time_zone_unref(glib);
        return mb_fail_memory(error);
    }
    zone->glib = glib;
    *out = zone;
    return MB_OK;
}

void mb_zone_close(struct mb_zone *zone)
{
    if (zone == NULL)
        return;
    g_time_zone_unref(zone->glib);
    free(zone);
}

int64_t mb_zone_local(const struct mb_zone *zone, int64_t instant)
{
    int interval = g_time_zone_find_interval(zone->glib, G_TIME_TYPE_UNIVERSAL, instant);
    return instant + g_time_zone_get_offset(zone->glib, interval);
}

/* Where a time comes twice, the two readings differ. */
static int64_t read_as(const struct mb_zone *zone, GTimeType type, int64_t local)
{
    gint64 adjusted = local;
    int interval = g_time_zone_adjust_time(zone->glib, type, &adjusted);
    return adjusted - g_time_zone_get_offset(zone->glib, interval);
}

int64_t mb_zone_instant(const struct mb_zone *zone, int64_t local)
{
    int64_t a = read_as(zone, G_TIME_TYPE_DAYLIGHT, local);
    int64_t b = read_as(zone, G_TIME_TYPE_STANDARD, local);
    return a < b ? a : b;
}

struct tm mb_zone_fields(int64_t local)
{
    struct tm fields = {0};
    time_t at = (time_t)local;
    gmtime_r(&at, &fields);
    return fields;
}

/* schedule.h - the list `schedules:` of the file: what the server backs up by itself, and when.
 *
 * It is the one list whose entries are sections.  yaml.h gives their keys as "schedules.0.cron". */
#ifndef MB_CONFIG_SCHEDULE_H
#define MB_CONFIG_SCHEDULE_H

#include "config/settings.h"
#include "config/show.h"

/* Checks every entry, into settings->schedules; what is wrong is a problem in the report, an unknown key,
 * too.
 */
void mb_schedules_resolve(struct mb_settings *settings);

/* Appends the rows of `config show`; there is room for so many of each. */
enum { MB_SCHEDULE_ROWS = 16 };
void mb_schedules_show(struct mb_settings *settings, struct mb_config_values *values);

#endif

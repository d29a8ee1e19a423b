/* collect.h - what all sources say, as one setting for each option. */
#ifndef MB_CONFIG_COLLECT_H
#define MB_CONFIG_COLLECT_H

#include "config/kept.h"
#include "config/settings.h"

/* Settings without a value, in arena. */
mb_status mb_settings_begin(struct mb_arena *arena, struct mb_config_report *report,
                            const struct mb_config_kept *kept, const struct mb_config_words *words,
                            struct mb_settings **out, struct mb_error *error);

/* All sources into settings; false when there is no sense in checking what they say.  The schema is 0 while
 * the file cannot be read as far as that. */
bool mb_settings_collect(struct mb_settings *settings, const struct mb_config_kept *kept);

#endif

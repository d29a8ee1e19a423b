/* migrated_key.h - what a setting of schema v1, translated, is in a file of schema v2. */
#ifndef MB_CONFIG_MIGRATED_KEY_H
#define MB_CONFIG_MIGRATED_KEY_H

#include "config/settings.h"

/* May the option stand in the file?  Schema v2 refuses credentials that the side's storage does not use. */
bool mb_migrated_applies(struct mb_settings *settings, size_t id);

/* Is what was said about it said by another option now? */
bool mb_migrated_elsewhere(struct mb_settings *settings, size_t id);

/* Its value as schema v2 spells it; a list's entries with commas between. */
const char *mb_migrated_value(struct mb_settings *settings, size_t id);

/* The same as YAML. */
const char *mb_migrated_yaml(struct mb_settings *settings, size_t id);

#endif

/* show.h - the rows of `config show`, and what must never be shown. */
#ifndef MB_CONFIG_SHOW_H
#define MB_CONFIG_SHOW_H

#include "config/settings.h"

struct mb_config_values {
    struct mb_config_value *items;
    size_t count;
};

/* NULL without memory. */
struct mb_config_values *mb_config_values_make(struct mb_settings *settings);

/* Every secret that somebody set. */
struct mb_strings mb_config_secrets(struct mb_settings *settings);

#endif

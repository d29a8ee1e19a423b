/* typed.h - settings as numbers, truth values and choices.  What cannot be read is a problem in the report,
 * and the answer is then the least harmful one, so that checking goes on. */
#ifndef MB_CONFIG_TYPED_H
#define MB_CONFIG_TYPED_H

#include "config/settings.h"

const char *mb_settings_text(const struct mb_settings *settings, size_t id);
int64_t mb_settings_int(struct mb_settings *settings, size_t id);
bool mb_settings_bool(struct mb_settings *settings, size_t id);

/* Which of the names, in any case, the setting is; 0 when it is none. */
size_t mb_settings_choice(struct mb_settings *settings, size_t id, const char *const *names, size_t count);

/* Its entries; a text is split at commas. */
struct mb_strings mb_settings_list(struct mb_settings *settings, size_t id);

/* A host name or address: without scheme, port and path; the brackets of an IPv6 address are taken off. */
const char *mb_settings_host(struct mb_settings *settings, size_t id);

/* An absolute http(s) URL without slash at its end, or "". */
const char *mb_settings_url(struct mb_settings *settings, size_t id);

#endif

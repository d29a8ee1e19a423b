/* key.h - which option a key stands for, in either schema, and what a key may have been meant for that stands
 * for none. */
#ifndef MB_CONFIG_KEY_H
#define MB_CONFIG_KEY_H

#include "base/arena.h"
#include "config/option.h"

/* The option of the schema that is spelt like this, or MB_ID_COUNT. */
size_t mb_key_find(unsigned schema, const char *key, unsigned *rank);

const struct mb_old_key *mb_key_find_old(unsigned schema, const char *key);

/* Does key lie below section? */
bool mb_key_below(const char *key, const char *section);

/* Do keys of the schema lie below path? */
bool mb_key_is_section(unsigned schema, const char *path);

/* Is it the list of schedules, or below it? */
bool mb_key_is_schedule(const char *key);

/* Is a key of the schema called so in its section? */
bool mb_key_is_name(unsigned schema, const char *name);

/* "; did you mean X?" or why the key is known all the same; "" when there is nothing to say. */
const char *mb_key_hint(struct mb_arena *arena, unsigned schema, const char *key);

#endif

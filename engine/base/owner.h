/* owner.h - who works on something that other processes see, in a text for people.
 *
 * "nightly-3, process 4711, pid:[4026531836], boot 6f1c..., started 8123": the machine, the process, the
 * space in which that number means it (containers may share a machine's name), and what keeps another machine
 * of the same name, and a later process of the same number, from being taken for it.  Older versions left out
 * what comes behind the space.  Thread-safe.
 */
#ifndef MB_BASE_OWNER_H
#define MB_BASE_OWNER_H

#include "base/arena.h"

const char *mb_owner_self(struct mb_arena *arena); /* this process; NULL without memory */

enum mb_owner_fate {
    MB_OWNER_SELF,
    MB_OWNER_LIVES,
    MB_OWNER_GONE,
    MB_OWNER_UNKNOWN /* on another machine, before a reboot or in another container; or no owner's text */
};

/* What has become of the process that left its text.  GONE only when it is sure. */
enum mb_owner_fate mb_owner_fate_of(const char *text);

/* Machine and process alone, for messages; NULL without memory. */
const char *mb_owner_brief(const char *text, struct mb_arena *arena);

#endif

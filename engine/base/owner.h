/* owner.h - who works on something that other processes see, in a text for people.
 *
 * "nightly-3, process 4711, pid:[4026531836]": the machine, the process and the space in which that number
 * means it, since containers may share a machine's name.  Thread-safe.
 */
#ifndef MB_BASE_OWNER_H
#define MB_BASE_OWNER_H

#include "base/arena.h"

const char *mb_owner_self(struct mb_arena *arena); /* this process; NULL without memory */

enum mb_owner_fate {
    MB_OWNER_SELF,
    MB_OWNER_LIVES,
    MB_OWNER_GONE,
    MB_OWNER_UNKNOWN /* on another machine or in another container; or no owner's text */
};

/* What has become of the process that left its text.  A number that the system has given to another process
 * since then counts as living. */
enum mb_owner_fate mb_owner_fate_of(const char *text);

#endif

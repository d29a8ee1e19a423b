/* owner.h - who works on something that other processes see, in a text for people.
 *
 * "nightly-3, process 4711, pid:[4026531836], boot 6f1c..., started 8123, work 55e0c8.3, task create-5": the
 * machine, the process, the space in which that number means it (containers may share a machine's name), what
 * keeps another machine of the same name, and a later process of the same number, from being taken for it,
 * and which of the process' tasks it is.  Older versions left out what comes behind the space, or behind the
 * start.  Thread-safe.
 */
#ifndef MB_BASE_OWNER_H
#define MB_BASE_OWNER_H

#include "base/arena.h"

struct mb_owner;

/* Somebody in this process who begins such a work, in the name of the thread's task (see scope.h), and lives
 * until he is freed; NULL without memory. */
struct mb_owner *mb_owner_new(void);
void mb_owner_free(struct mb_owner *owner); /* NULL is fine */

const char *mb_owner_text(const struct mb_owner *owner); /* as long as the owner lives */

enum mb_owner_fate {
    MB_OWNER_LIVES,
    MB_OWNER_GONE,
    MB_OWNER_UNKNOWN /* on another machine, before a reboot or in another container; or no owner's text */
};

/* What has become of the owner that left his text.  GONE only when it is sure. */
enum mb_owner_fate mb_owner_fate_of(const char *text);

/* Machine, process and task alone, for messages; NULL without memory. */
const char *mb_owner_brief(const char *text, struct mb_arena *arena);

#endif

/* reason.h - what a server gives as its reason, as a message can hold it. */
#ifndef MB_MILVUS_REASON_H
#define MB_MILVUS_REASON_H

#include <stdbool.h>
#include <stddef.h>

enum { MB_REASON_CAP = 512 };

/* The first line of reason that says something: without stack traces, and of many attempts the first.  false
 * when that is not all of it. */
bool mb_reason_brief(const char *reason, char *out, size_t cap);

#endif

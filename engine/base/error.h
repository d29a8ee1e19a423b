/* error.h - filling and passing on a struct mb_error.
 *
 * A function that can fail takes an mb_error as its last argument, never NULL,
 * and returns the status it put there.  A text says what was being done, in
 * lower case and without a full stop; each level that knows more puts it in
 * front with mb_error_context. */
#ifndef MB_BASE_ERROR_H
#define MB_BASE_ERROR_H

#include "milvus_backup/storage_plugin.h"

#include <stdbool.h>

#define MB_ERROR_INIT                          \
    (struct mb_error)                          \
    {                                          \
        .struct_size = sizeof(struct mb_error) \
    }

/* Hands a failure on; MB_OK and MB_END go through. */
#define MB_TRY(expression)                      \
    do {                                        \
        mb_status mb_try_status = (expression); \
        if (mb_try_status < 0)                  \
            return mb_try_status;               \
    } while (0)

/* Says that nothing failed; struct_size stays, which tells how much of an error its owner knows. */
void mb_error_clear(struct mb_error *error);

/* Replaces what error holds; flags follow from the status (see mb_status_retryable). */
mb_status mb_fail(struct mb_error *error, mb_status status, const char *fmt, ...) MB_PRINTF(3, 4);

/* As mb_fail with the status that errno stands for and ": <its text>" at the end. */
mb_status mb_fail_errno(struct mb_error *error, int sys_errno, const char *fmt, ...) MB_PRINTF(3, 4);

mb_status mb_fail_memory(struct mb_error *error);

/* Puts "<text>: " in front of the message and returns error->status. */
mb_status mb_error_context(struct mb_error *error, const char *fmt, ...) MB_PRINTF(2, 3);

/* Puts "; <text>", what to do about it, behind the message and returns error->status. */
mb_status mb_error_advise(struct mb_error *error, const char *fmt, ...) MB_PRINTF(2, 3);

/* The same message under another status. */
mb_status mb_fail_as(struct mb_error *error, mb_status status);

/* All but struct_size. */
void mb_error_copy(struct mb_error *to, const struct mb_error *from);

/* "not found", "timeout": for logs and JSON. */
MB_EXPORT const char *mb_status_name(mb_status status);

/* May the same request succeed later, judged by the status alone? */
bool mb_status_retryable(mb_status status);

mb_status mb_status_from_errno(int sys_errno);

#endif

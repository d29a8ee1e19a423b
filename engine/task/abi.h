/* abi.h - what crosses the border of the library: structs of another version's size, and errors.
 *
 * Below the border a struct has the size that this library knows and an error is never NULL. */
#ifndef MB_TASK_ABI_H
#define MB_TASK_ABI_H

#include "base/error.h"
#include "milvus_backup.h"

/* The size of a struct whose last member in its first version was this one. */
#define MB_UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* The body of a function of the border: `expression` fills `own`. */
#define MB_ANSWER(error, expression)               \
    do {                                           \
        struct mb_error own = MB_ERROR_INIT;       \
        mb_status answer = (expression);           \
        return mb_abi_return(answer, &own, error); \
    } while (0)

/* Copies a struct that was handed in: what its maker did not know is zero.  what names it in errors, first is
 * its size in its first version.  MB_E_INVALID for NULL and for what is smaller. */
mb_status mb_abi_take(void *copy, size_t size, const void *given, size_t first, const char *what,
                      struct mb_error *error);

/* Fills a struct of the caller with as much of value as it has room for, and with zeros behind that. */
mb_status mb_abi_give(void *out, size_t first, const void *value, size_t size, struct mb_error *error);

/* Hands a failure to the caller's error, which may be NULL, older or newer. */
mb_status mb_abi_return(mb_status status, const struct mb_error *own, struct mb_error *error);

/* MB_E_INVALID that names what was NULL. */
mb_status mb_abi_missing(const char *what, struct mb_error *error);

#endif

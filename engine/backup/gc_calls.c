/* The calls of Milvus that pause its garbage collection and resume it.  A pause of several collections has a
 * ticket of each; to the lease they are one, with SEPARATOR between them. */
#include "backup/gc_lease.h"

#include <string.h>

#define SEPARATOR "\n"

/* One that cannot be reached is not asked once more for each collection: somebody waits for the end. */
static mb_status resume_each(void *ctx, const char *tickets, struct mb_error *error)
{
    const struct mb_gc_scope *scope = ctx;
    mb_status status = MB_OK;
    size_t len;
    for (const char *at = tickets;; at += len + 1) {
        char ticket[512];
        enum mb_gc_result result;
        struct mb_error own = MB_ERROR_INIT;
        len = strcspn(at, SEPARATOR);
        if (len >= sizeof ticket)
            return mb_fail(error, MB_E_PROTOCOL, "milvus gave a ticket of %zu bytes", len);
        memcpy(ticket, at, len);
        ticket[len] = '\0';
        if (mb_milvus_gc_resume(scope->milvus, ticket, &result, NULL, &own) < 0 && status == MB_OK) {
            *error = own;
            status = own.status;
        }
        bool gone = own.status == MB_E_UNAVAILABLE || own.status == MB_E_TIMEOUT;
        if (gone || at[len] == '\0')
            return status;
    }
}

static mb_status pause_next(struct mb_gc_scope *scope, int64_t collection, unsigned seconds,
                            struct mb_arena *arena, enum mb_gc_result *result, const char **tickets,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    const char *ticket = "";
    MB_TRY(mb_milvus_gc_pause(scope->milvus, collection, seconds, arena, result, &ticket, cancel, error));
    if (**tickets == '\0' || *ticket == '\0')
        *tickets = **tickets ? *tickets : ticket;
    else
        *tickets = mb_arena_printf(arena, "%s" SEPARATOR "%s", *tickets, ticket);
    return *tickets ? MB_OK : mb_fail_memory(error);
}

/* All of them, or none stays paused. */
static mb_status pause_each(void *ctx, unsigned seconds, struct mb_arena *arena, enum mb_gc_result *result,
                            const char **ticket, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_gc_scope *scope = ctx;
    const char *tickets = "";
    mb_status status = MB_OK;

    for (size_t i = 0; i < scope->collections.count && status == MB_OK; i++) {
        status =
            pause_next(scope, scope->collections.items[i], seconds, arena, result, &tickets, cancel, error);
        if (status == MB_OK && *result != MB_GC_DONE)
            break;
    }
    if (scope->collections.count == 0)
        status = pause_next(scope, 0, seconds, arena, result, &tickets, cancel, error);
    if (status == MB_OK) {
        *ticket = tickets;
    } else if (tickets != NULL && *tickets != '\0') {
        struct mb_error ignored = MB_ERROR_INIT;
        resume_each(scope, tickets, &ignored);
    }
    return status;
}

struct mb_gc_calls mb_gc_calls_of(struct mb_gc_scope *scope)
{
    return (struct mb_gc_calls){.pause = pause_each, .resume = resume_each, .ctx = scope};
}

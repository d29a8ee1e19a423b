/* The description of one backup as JSON. */
#include "task/details.h"
#include "task/query.h"
#include "task/request.h"

static mb_status tell_times(const struct mb_session *session, const struct mb_catalog *catalog,
                            const struct mb_backup *backup, struct mb_backup_times *out,
                            struct mb_error *error)
{
    struct mb_details details;
    MB_TRY(mb_details_of(catalog, backup, &details, session->cancel, error));
    const struct mb_backup_times times = {.made_ms = details.made_ms, .took_ms = details.took_ms};
    return mb_abi_give(out, MB_UP_TO(struct mb_backup_times, took_ms), &times, sizeof times, error);
}

/* Whoever may look at a description need not be able to read the data. */
static void leave_out_keys(struct mb_backup *backup)
{
    for (size_t i = 0; i < backup->database_count; i++)
        backup->databases[i].ezk = "";
}

static mb_status show(struct mb_session *session, const struct mb_get_request *request,
                      const struct mb_sink *sink, struct mb_arena *arena, struct mb_error *error)
{
    struct mb_catalog catalog;
    struct mb_backup backup;
    MB_TRY(mb_query_backup(session, request->name, arena, &catalog, &backup, error));
    if (request->times != NULL)
        MB_TRY(tell_times(session, &catalog, &backup, request->times, error));
    leave_out_keys(&backup);
    return mb_catalog_show(&backup, !request->detail, request->indent, sink, error);
}

static mb_status take(const struct mb_get_request *given, struct mb_get_request *out, struct mb_error *error)
{
    MB_TRY(mb_abi_take(out, sizeof *out, given, MB_UP_TO(struct mb_get_request, indent), "request", error));
    return mb_request_name(out->name, error);
}

static mb_status get(struct mb_session *session, const struct mb_get_request *given,
                     const struct mb_sink *sink, struct mb_error *error)
{
    struct mb_get_request request;
    struct mb_visit visit;

    if (session == NULL || sink == NULL || sink->write == NULL)
        return mb_abi_missing(session == NULL ? "session" : "sink", error);
    MB_TRY(take(given, &request, error));
    struct mb_arena *arena = mb_arena_new();
    mb_visit_begin(&visit, session);
    mb_status status = arena != NULL ? show(session, &request, sink, arena, error) : mb_fail_memory(error);
    mb_visit_end(&visit);
    mb_arena_free(arena);
    return status;
}

mb_status mb_session_get(struct mb_session *session, const struct mb_get_request *request,
                         const struct mb_sink *sink, struct mb_error *error)
{
    MB_ANSWER(error, get(session, request, sink, &own));
}

mb_status mb_get_check(const struct mb_get_request *request, struct mb_error *error)
{
    struct mb_get_request taken;
    MB_ANSWER(error, take(request, &taken, &own));
}

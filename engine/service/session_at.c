/* Sessions for what requests say of other places. */
#include "service/known.h"

mb_status mb_service_session_at(struct mb_service *service, const char *bucket, const char *root_path,
                                const char *gc_address, struct mb_session **out, struct mb_error *error)
{
    const struct mb_place asked = {.bucket = bucket, .root_path = root_path, .gc_address = gc_address};
    struct mb_place place;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_place_settle(&service->places, &asked, arena, &place, error);
    if (status == MB_OK)
        status = mb_sessions_use(service->sessions, &place, out, error);
    mb_arena_free(arena);
    return status;
}

void mb_service_leave(struct mb_service *service, struct mb_session *session)
{
    mb_sessions_leave(service->sessions, session);
}

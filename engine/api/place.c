#include "api/place.h"

#include "api/api.h"

const char *mb_api_given(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

mb_status mb_api_enter(struct mb_api_call *call, const struct mb_api_place *place, struct mb_session **out,
                       struct mb_error *error)
{
    return mb_service_session_at(mb_api_service(call->api), mb_api_given(place->bucket),
                                 mb_api_given(place->root_path), NULL, out, error);
}

void mb_api_leave(struct mb_api_call *call, struct mb_session *session)
{
    mb_service_leave(mb_api_service(call->api), session);
}

#include "api/call.h"

#include <string.h>

const char *mb_api_query(const struct mb_api_call *call, const char *name)
{
    for (size_t i = 0; i < call->query_count; i++)
        if (strcmp(call->query[i].key, name) == 0)
            return call->query[i].value;
    return "";
}

void mb_api_done(struct mb_api_call *call)
{
    call->answered(call);
}

void mb_api_text(struct mb_api_call *call, unsigned status, const char *content_type, const char *text)
{
    call->answer.status = status;
    call->answer.content_type = content_type;
    mb_buf_puts(&call->answer.body, text);
    mb_api_done(call);
}

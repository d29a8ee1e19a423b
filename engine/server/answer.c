#include "server/answer.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

enum { UNAUTHORIZED = 401 };

static struct MHD_Response *response_of(struct mb_answer *answer, const struct mb_console_page *page)
{
    if (page != NULL)
        return MHD_create_response_from_buffer(page->len, (void *)(uintptr_t)page->data,
                                               MHD_RESPMEM_PERSISTENT);
    size_t len = answer->body.len;
    char *body = len > 0 ? mb_buf_steal(&answer->body) : NULL;
    if (body != NULL)
        return MHD_create_response_from_buffer_with_free_callback(len, body, free);
    return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        MHD_add_response_header(response, name, value);
}

static void add_for_answer(struct MHD_Response *response, const struct mb_answer *answer,
                           const char *challenge)
{
    char seconds[16];
    add(response, "Content-Type", answer->content_type);
    add(response, "Location", answer->location);
    if (answer->retry_after > 0) {
        snprintf(seconds, sizeof seconds, "%u", answer->retry_after);
        add(response, "Retry-After", seconds);
    }
    if (answer->status == UNAUTHORIZED)
        add(response, "WWW-Authenticate", challenge);
}

static void add_for_page(struct MHD_Response *response, const struct mb_console_page *page)
{
    add(response, "Content-Type", page->content_type);
    add(response, "Content-Security-Policy", mb_console_policy);
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Referrer-Policy", "no-referrer");
    add(response, "Cache-Control", "no-cache");
}

bool mb_answer_send(struct MHD_Connection *connection, struct mb_answer *answer,
                    const struct mb_answer_options *options)
{
    bool broken = answer->body.status != MB_OK; /* it outgrew its ceiling, or the memory */
    if (broken) {
        *answer = (struct mb_answer){.status = 500, .body = answer->body};
        mb_buf_reset(&answer->body);
    }
    struct MHD_Response *response = response_of(answer, options->page);
    if (response == NULL)
        return false;
    if (options->page != NULL)
        add_for_page(response, options->page);
    else
        add_for_answer(response, answer, options->challenge);
    if (options->last)
        add(response, "Connection", "close");
    enum MHD_Result queued =
        MHD_queue_response(connection, options->page != NULL ? 200 : answer->status, response);
    MHD_destroy_response(response);
    return queued == MHD_YES;
}

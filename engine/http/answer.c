#include "http/answer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "http/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mb_http_advise_clock(struct mb_error *error, const struct mb_http_response *response)
{
    const char *date = mb_headers_get(&response->headers, "Date");
    int64_t theirs_ns;
    if (date == NULL || !mb_http_date_parse(date, &theirs_ns))
        return false;
    long long seconds = (mb_clock_wall() - theirs_ns) / 1000000000;
    if (llabs(seconds) < 300)
        return false;
    mb_error_advise(error, "this machine's clock is %lld min %02lld s %s the service's: set it",
                    llabs(seconds) / 60, llabs(seconds) % 60, seconds < 0 ? "behind" : "ahead of");
    return true;
}

mb_status mb_status_of_http(int http_status)
{
    switch (http_status) {
    case 301:
    case 302:
    case 307:
    case 308:
        return MB_E_CONFIG;
    case 401:
        return MB_E_UNAUTHENTICATED;
    case 403:
        return MB_E_FORBIDDEN;
    case 404:
    case 410:
        return MB_E_NOT_FOUND;
    case 409:
    case 412:
        return MB_E_EXISTS;
    case 405:
    case 501:
        return MB_E_UNSUPPORTED;
    case 429:
        return MB_E_THROTTLED;
    case 408:
        return MB_E_UNAVAILABLE;
    case 507:
        return MB_E_NO_SPACE;
    default:
        break;
    }
    if (http_status >= 200 && http_status < 300)
        return MB_OK;
    if (http_status >= 500 && http_status < 600)
        return MB_E_UNAVAILABLE;
    if (http_status >= 400 && http_status < 500)
        return MB_E_INVALID;
    return MB_E_PROTOCOL;
}

mb_status mb_http_fail_answer(struct mb_error *error, const struct mb_http_response *response,
                              const struct mb_answer *answer)
{
    mb_status status = answer->status != 0 ? answer->status : mb_status_of_http(response->status);
    if (status >= 0)
        status = MB_E_PROTOCOL;
    mb_error_clear(error);
    mb_fail_as(error, status);
    error->http_status = response->status;
    error->retry_after_ms = mb_http_retry_after_ms(response);
    if (response->status >= 500 && response->status != 501 && !response->safe)
        error->flags |= MB_ERR_AMBIGUOUS;
    if (answer->code)
        mb_text_fit(error->provider_code, sizeof(error->provider_code), answer->code);
    if (answer->request_id)
        mb_text_fit(error->request_id, sizeof(error->request_id), answer->request_id);
    mb_text_clean(error->provider_code);
    mb_text_clean(error->request_id);
    bool coded = error->provider_code[0] != '\0';
    bool text = answer->text && answer->text[0] != '\0';
    const char *name = coded ? error->provider_code : response->reason;
    snprintf(error->message, sizeof(error->message), "%d%s%s%s%.800s", response->status, *name ? " " : "",
             name, text ? ": " : "", text ? answer->text : "");
    mb_text_clean(error->message);
    size_t len = strlen(error->message);
    if (len > 0 && error->message[len - 1] == '.')
        error->message[len - 1] = '\0';
    return status;
}

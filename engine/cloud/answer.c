#include "cloud/ask.h"

#include "base/hint.h"
#include "base/text.h"
#include "http/answer.h"

#include <string.h>

/* What the API calls its failures ("Error Codes (v2)" of its reference), where that says more than the status
 * of HTTP, which may be 200 with any of them. */
static const struct {
    long long code;
    mb_status status;
} codes[] = {
    {96012, MB_E_FORBIDDEN}, {96013, MB_E_FORBIDDEN}, {96014, MB_E_FORBIDDEN},
    {96015, MB_E_FORBIDDEN}, {96016, MB_E_FORBIDDEN}, {96018, MB_E_NOT_FOUND},
};

/* Some gateways put the status of HTTP into the document of an answer that is 200. */
static mb_status status_of(int http_status, long long code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].status;
    if (http_status < 300)
        http_status = code >= 400 && code < 600 ? (int)code : 400;
    switch (http_status) {
    case 401:
        return MB_E_UNAUTHENTICATED;
    case 403:
        return MB_E_FORBIDDEN;
    case 408:
        return MB_E_TIMEOUT;
    case 429:
        return MB_E_THROTTLED;
    default:
        return http_status >= 500 ? MB_E_UNAVAILABLE : MB_E_INVALID;
    }
}

static void advise(const struct mb_cloud *cloud, const struct mb_cloud_ask *ask, bool is_api,
                   struct mb_error *error)
{
    const struct mb_cloud_words *words = &cloud->options.words;
    if (!is_api)
        mb_error_advise(error, "check %s, '%s': that is not how the API answers", words->endpoint,
                        cloud->options.endpoint);
    else if (error->status == MB_E_UNAUTHENTICATED)
        mb_error_advise(error, "check %s%s%s", words->api_key, *words->variable != '\0' ? " or " : "",
                        words->variable);
    else if (error->status == MB_E_FORBIDDEN)
        mb_error_advise(error,
                        "the API key of %s has to be of an organization's owner or of an admin of the "
                        "cluster's project",
                        words->api_key);
    else if (error->status == MB_E_NOT_FOUND)
        mb_error_advise(error, "there is no cluster '%s' for this API key: its id is in the cloud's console",
                        ask->cluster);
    if (is_api && error->status == MB_E_NOT_FOUND)
        mb_error_hint(error, MB_HINT_INPUT, "cluster_id");
}

static void tidy(const struct mb_cloud *cloud, const char *said, char *out, size_t cap)
{
    mb_text_fit(out, cap, said);
    mb_text_clean(out);
    mb_text_hide(out, strlen(out), cloud->options.api_key);
}

static mb_status refuse(const struct mb_cloud *cloud, const struct mb_cloud_ask *ask,
                        const struct mb_http_response *response, const json_t *root, struct mb_error *error)
{
    char said[301];
    const char *message = json_string_value(json_object_get(root, "message"));
    long long code = json_integer_value(json_object_get(root, "code"));
    bool is_api = message != NULL || json_is_integer(json_object_get(root, "code"));
    tidy(cloud, message != NULL ? message : mb_buf_text(&response->body), said, sizeof said);
    if (code != 0 && code != response->status)
        mb_fail(error, status_of(response->status, code), "the cloud's API answered %d, code %lld, to %s: %s",
                response->status, code, ask->path, said);
    else
        mb_fail(error, status_of(response->status, code), "the cloud's API answered %d to %s: %s",
                response->status, ask->path, said);
    error->http_status = response->status;
    error->retry_after_ms = mb_http_retry_after_ms(response);
    if (response->status >= 500 || code == 500)
        error->flags |= MB_ERR_AMBIGUOUS;
    advise(cloud, ask, is_api || response->status >= 500, error);
    return error->status;
}

static mb_status take(const struct mb_cloud *cloud, const struct mb_cloud_ask *ask,
                      const struct mb_http_response *response, const json_t *root, json_t **data,
                      struct mb_error *error)
{
    const json_t *code = json_object_get(root, "code");
    json_t *found = json_object_get(root, "data");
    bool succeeded = json_integer_value(code) == 0 || json_integer_value(code) == 200;
    if (response->status >= 300 || !json_is_integer(code) || !succeeded)
        return refuse(cloud, ask, response, root, error);
    if (!json_is_object(found)) {
        mb_fail(error, MB_E_PROTOCOL, "the cloud's API answered %s without data", ask->path);
        error->flags |= MB_ERR_AMBIGUOUS;
        return error->status;
    }
    *data = json_incref(found);
    return MB_OK;
}

mb_status mb_cloud_read(const struct mb_cloud *cloud, const struct mb_cloud_ask *ask,
                        struct mb_http_response *response, json_t **data, struct mb_error *error)
{
    json_error_t where;
    json_t *root = json_loadb(mb_buf_text(&response->body), response->body.len, 0, &where);
    mb_status status = take(cloud, ask, response, root, data, error);
    json_decref(root);
    mb_buf_wipe(&response->body);
    return status;
}

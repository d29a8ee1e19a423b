/* Answers of the cloud's API, with the status of HTTP in the first byte.  None of them has a message that
 * holds the API key, and what is taken for a place is one. */
#include "fuzz.h"

#include "cloud/ask.h"

#include <stdlib.h>
#include <string.h>

#define KEY "key-0123456789abcdef"

static void check_place(const json_t *data)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_cloud_place place = {0};
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        abort();
    if (mb_cloud_take_place(data, arena, &place, &error) == MB_OK) {
        if (*place.bucket == '\0' || *place.volume == '\0' || *place.endpoint == '\0' || place.expires_ns < 0)
            abort();
        if (*place.token == '\0' && (*place.access_key == '\0' || *place.secret_key == '\0'))
            abort();
    } else if (error.message[0] == '\0')
        abort();
    mb_arena_free(arena);
}

static void check_refused(const struct mb_error *error)
{
    if (error->status >= 0 || error->message[0] == '\0' || strstr(error->message, KEY) != NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const int statuses[] = {200, 400, 401, 403, 404, 429, 500, 503};
    struct mb_cloud cloud = {.options = {.endpoint = "https://cloud.test",
                                         .api_key = KEY,
                                         .words = {"cloud.address", "cloud.apikey", "CLOUD_API_KEY"}}};
    const struct mb_cloud_ask ask = {.path = "/v2/volumes/apply", .cluster = "in01-a"};
    struct mb_http_response response = {.status = statuses[len > 0 ? data[0] % 8 : 0]};
    struct mb_error error = MB_ERROR_INIT;
    json_t *found = NULL;
    mb_buf_init(&response.body, 1 << 20);
    if (len > 1 && mb_buf_append(&response.body, data + 1, len - 1) != MB_OK)
        abort();
    if (mb_cloud_read(&cloud, &ask, &response, &found, &error) == MB_OK)
        check_place(found);
    else
        check_refused(&error);
    json_decref(found);
    mb_http_response_done(&response);
    return 0;
}

#include "cloud/ask.h"

#include "base/clock.h"

#include <string.h>

/* One member of the answer, which is a text. */
struct member {
    const char *name;
    const char **out;
    bool required;
};

static mb_status take_texts(const json_t *object, const char *within, const struct member *members,
                            size_t count, struct mb_arena *arena, struct mb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_object_get(object, members[i].name));
        if (members[i].required && (text == NULL || *text == '\0'))
            return mb_fail(error, MB_E_PROTOCOL, "the cloud's API told no %s%s", within, members[i].name);
        *members[i].out = mb_arena_strdup(arena, text != NULL ? text : "");
        if (*members[i].out == NULL)
            return mb_fail_memory(error);
    }
    return MB_OK;
}

static uint64_t limit_of(const json_t *data, const char *name)
{
    json_int_t limit = json_integer_value(json_object_get(json_object_get(data, "condition"), name));
    return limit > 0 ? (uint64_t)limit : 0;
}

static mb_status take_credentials(const json_t *data, struct mb_arena *arena, struct mb_cloud_place *out,
                                  struct mb_error *error)
{
    const json_t *credentials = json_object_get(data, "credentials");
    const char *expires = "";
    const struct member members[] = {{"tmpAK", &out->access_key, false},
                                     {"tmpSK", &out->secret_key, false},
                                     {"sessionToken", &out->token, false},
                                     {"expireTime", &expires, false}};
    MB_TRY(take_texts(credentials, "credentials.", members, sizeof members / sizeof *members, arena, error));
    if (*out->token == '\0' && (*out->access_key == '\0' || *out->secret_key == '\0'))
        return mb_fail(error, MB_E_PROTOCOL, "the cloud's API told no credentials for the volume");
    if (!mb_clock_parse(expires, &out->expires_ns))
        out->expires_ns = 0;
    return MB_OK;
}

mb_status mb_cloud_take_place(const json_t *data, struct mb_arena *arena, struct mb_cloud_place *out,
                              struct mb_error *error)
{
    const struct member members[] = {
        {"volumeName", &out->volume, true}, {"cloud", &out->provider, true},
        {"endpoint", &out->endpoint, true}, {"region", &out->region, false},
        {"bucketName", &out->bucket, true}, {"volumePrefix", &out->prefix, false}};
    MB_TRY(take_texts(data, "", members, sizeof members / sizeof *members, arena, error));
    MB_TRY(take_credentials(data, arena, out, error));
    out->max_bytes = limit_of(data, "maxContentLength");
    out->max_objects = limit_of(data, "maxFileNumber");
    return MB_OK;
}

static json_t *body_of(const struct mb_cloud_wish *wish)
{
    if (wish->volume != NULL)
        return json_pack("{s:s, s:s}", "volumeName", wish->volume, "path", wish->path);
    return json_pack("{s:s, s:s}", "clusterId", wish->cluster, "path", wish->path);
}

static mb_status apply(struct mb_cloud *cloud, const struct mb_cloud_wish *wish, json_t **data,
                       struct mb_arena *arena, struct mb_cloud_place *out, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    const struct mb_cloud_ask ask = {.path = "/v2/volumes/apply", .cluster = wish->cluster};
    MB_TRY(mb_cloud_post(cloud, &ask, body_of(wish), data, cancel, error));
    return mb_cloud_take_place(*data, arena, out, error);
}

mb_status mb_cloud_apply(struct mb_cloud *cloud, const struct mb_cloud_wish *wish, struct mb_arena *arena,
                         struct mb_cloud_place *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_cloud_place place = {0};
    json_t *data = NULL;
    mb_status status = apply(cloud, wish, &data, arena, &place, cancel, error);
    json_decref(data);
    if (status < 0)
        return mb_error_context(error, "ask the cloud for a place in a volume");
    mb_log_hide(cloud->options.log, place.access_key);
    mb_log_hide(cloud->options.log, place.secret_key);
    mb_log_hide(cloud->options.log, place.token);
    *out = place;
    return MB_OK;
}

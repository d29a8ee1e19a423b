#include "config/snapshot.h"

#include "base/file.h"
#include "config/provider.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CREDENTIALS ((size_t)64 << 10)

static const char *option(const struct mb_config_storage *side, const char *name)
{
    for (size_t i = 0; i < side->option_count; i++)
        if (mb_text_equal_nocase(side->options[i].key, name))
            return side->options[i].value;
    return "";
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---------------------------------------------------------- can it be told? */

static mb_status check_side(const struct mb_config_storage *side, struct mb_error *error)
{
    if (side->provider != NULL && side->provider->cloud != NULL)
        return MB_OK;
    if (side->provider != NULL && side->provider->family == MB_FAMILY_FILES)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "%s is local disk, and Milvus writes and reads snapshots in object storage alone",
                       side->keys.storage_type);
    return mb_fail(error, MB_E_UNSUPPORTED,
                   "%s is the driver %s, and how to reach its storage cannot be told to Milvus, which writes "
                   "and reads snapshots by itself",
                   side->keys.storage_type, side->driver);
}

/* Does what Milvus has for its own data open the other storage as well? */
static bool same_backend(const struct mb_config_storage *a, const struct mb_config_storage *b)
{
    static const char *const names[] = {"address",
                                        "port",
                                        "useSSL",
                                        "region",
                                        "accountName",
                                        "auth.type",
                                        "auth.endpoint",
                                        "auth.accessKeyID",
                                        "auth.secretAccessKey",
                                        "auth.sessionToken",
                                        "auth.accountKey",
                                        "auth.credentialsFile"};
    bool same = is(a->provider->cloud, b->provider->cloud);
    for (size_t i = 0; i < sizeof names / sizeof *names && same; i++)
        same = is(option(a, names[i]), option(b, names[i]));
    return same;
}

/* ------------------------------------------------------------------ the URI */

static const char *authority(const char *host, const char *port, struct mb_arena *arena)
{
    bool v6 = strchr(host, ':') != NULL && *host != '[';
    return mb_arena_printf(arena, "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* Where Milvus finds the service. */
static const char *address_of(const struct mb_config_storage *side, struct mb_arena *arena)
{
    const char *port = option(side, "port");
    if (*side->milvus_address != '\0') {
        port = mb_arena_printf(arena, "%u", (unsigned)side->milvus_port);
        return port != NULL ? authority(side->milvus_address, port, arena) : NULL;
    }
    if (side->provider->family != MB_FAMILY_ACCOUNT)
        return authority(option(side, "address"), port, arena);
    return mb_arena_printf(arena, "%s.blob.%s%s%s", option(side, "accountName"), option(side, "address"),
                           is(port, "443") ? "" : ":", is(port, "443") ? "" : port);
}

static const char *uri_of(const struct mb_config_storage *side, bool same, struct mb_arena *arena)
{
    const struct mb_provider *provider = side->provider;
    bool known = same && *side->milvus_address == '\0' && provider->family != MB_FAMILY_ACCOUNT;
    if (known || provider->family == MB_FAMILY_SERVICE_ACCOUNT)
        return mb_arena_printf(arena, "%s://%s/", provider->scheme, side->bucket);
    const char *address = address_of(side, arena);
    return address != NULL ? mb_arena_printf(arena, "%s://%s/%s/", provider->elsewhere, address, side->bucket)
                           : NULL;
}

/* ----------------------------------------------------------------- the spec */

static void set(json_t *extfs, const char *key, const char *value)
{
    json_object_set_new(extfs, key, json_string(value));
}

static mb_status read_file(const char *path, struct mb_buf *text, struct mb_error *error)
{
    MB_TRY(mb_file_text(path, text, error));
    return mb_buf_status(text, error);
}

/* Milvus reads no file of ours: it gets what is in it. */
static mb_status add_file(json_t *extfs, const char *path, struct mb_arena *arena,
                          struct mb_config_snapshot *out, struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(MOST_CREDENTIALS);
    mb_status status = read_file(path, &text, error);
    const char *all = status < 0 ? "" : text.data;
    json_t *read = json_loads(all, 0, NULL);
    const char *key = json_string_value(json_object_get(read, "private_key"));
    out->secret = mb_arena_strdup(arena, key != NULL ? key : all);
    set(extfs, "credential_json", all);
    json_decref(read);
    mb_buf_done(&text);
    return status;
}

static mb_status add_identity(json_t *extfs, const struct mb_config_storage *side, struct mb_arena *arena,
                              struct mb_config_snapshot *out, struct mb_error *error)
{
    const char *type = option(side, "auth.type");
    if (is(type, "static") || is(type, "sharedKey")) {
        bool account = side->provider->family == MB_FAMILY_ACCOUNT;
        set(extfs, "access_key_id", option(side, account ? "accountName" : "auth.accessKeyID"));
        set(extfs, "access_key_value", option(side, account ? "auth.accountKey" : "auth.secretAccessKey"));
        return MB_OK;
    }
    if (is(type, "serviceAccount"))
        return add_file(extfs, option(side, "auth.credentialsFile"), arena, out, error);
    set(extfs, "use_iam", "true");
    if (*option(side, "auth.endpoint") != '\0')
        set(extfs, "iam_endpoint", option(side, "auth.endpoint"));
    return MB_OK;
}

static mb_status fill_spec(json_t *extfs, const struct mb_config_storage *side, struct mb_arena *arena,
                           struct mb_config_snapshot *out, struct mb_error *error)
{
    set(extfs, "cloud_provider", side->provider->cloud);
    set(extfs, "use_ssl", option(side, "useSSL"));
    if (*option(side, "region") != '\0')
        set(extfs, "region", option(side, "region"));
    return add_identity(extfs, side, arena, out, error);
}

static mb_status make_spec(const struct mb_config_storage *side, struct mb_arena *arena,
                           struct mb_config_snapshot *out, struct mb_error *error)
{
    if (*option(side, "auth.sessionToken") != '\0')
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "%s is set, but Milvus takes no session token for a storage that is not its own: give "
                       "a key that needs none",
                       side->keys.session_token);
    json_t *extfs = json_object(), *spec = json_pack("{s:o}", "extfs", extfs);
    mb_status status = spec != NULL ? fill_spec(extfs, side, arena, out, error) : mb_fail_memory(error);
    char *text = spec != NULL ? json_dumps(spec, JSON_COMPACT) : NULL;
    out->spec = text != NULL ? mb_arena_strdup(arena, text) : NULL;
    json_decref(spec);
    free(text);
    MB_TRY(status);
    return out->spec != NULL && out->secret != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_config_snapshot(const struct mb_config *config, struct mb_arena *arena,
                             struct mb_config_snapshot *out, struct mb_error *error)
{
    const struct mb_config_storage *milvus = &config->milvus_storage, *side = &config->backup_storage;
    struct mb_config_snapshot made = {.spec = "", .secret = ""};
    MB_TRY(check_side(milvus, error));
    MB_TRY(check_side(side, error));
    bool same = same_backend(milvus, side);
    made.uri = uri_of(side, same, arena);
    if (made.uri == NULL)
        return mb_fail_memory(error);
    if (!same)
        MB_TRY(make_spec(side, arena, &made, error));
    *out = made;
    return MB_OK;
}

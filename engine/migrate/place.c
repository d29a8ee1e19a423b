#include "migrate/place.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_OPTIONS = 10 };

/* "host", "host:port", "[::1]:port", each perhaps as a URL. */
struct address {
    char host[256];
    const char *port; /* NULL for the usual one */
    bool tls;
};

static mb_status split(struct address *out, const char *endpoint, struct mb_error *error)
{
    bool plain = mb_text_starts_with(endpoint, "http://");
    const char *from = strstr(endpoint, "://") != NULL ? strstr(endpoint, "://") + 3 : endpoint;
    bool bracket = *from == '[';
    size_t len = strcspn(from += bracket, bracket ? "]" : ":/");
    const char *rest = from + len + (bracket && from[len] == ']');
    size_t digits = *rest == ':' ? strspn(rest + 1, "0123456789") : 0;
    bool ends = *rest == '\0' || strcmp(rest, "/") == 0;
    bool is_port = digits > 0 && rest[1 + digits] == '\0';
    if (mb_cloud_is_open_way(endpoint))
        return mb_fail(error, MB_E_PROTOCOL,
                       "the cloud names '%s' for its volume: data would travel unencrypted", endpoint);
    if (len == 0 || len >= sizeof out->host || (!ends && !is_port))
        return mb_fail(error, MB_E_PROTOCOL, "the cloud names '%s' for its volume, which is no address",
                       endpoint);
    snprintf(out->host, sizeof out->host, "%.*s", (int)len, from);
    out->port = ends ? NULL : rest + 1;
    out->tls = !plain;
    return MB_OK;
}

static size_t add(struct mb_kv *options, size_t count, const char *key, const char *value)
{
    if (value == NULL || *value == '\0')
        return count;
    options[count] = (struct mb_kv){key, value};
    return count + 1;
}

/* A token alone goes as it is; a driver that cannot do so asks for the key. */
static size_t describe(struct mb_kv *options, const struct address *address,
                       const struct mb_cloud_place *place)
{
    size_t n = 0;
    n = add(options, n, "address", address->host);
    n = add(options, n, "port", address->port);
    n = add(options, n, "useSSL", address->tls ? "true" : "false");
    n = add(options, n, "bucketName", place->bucket);
    n = add(options, n, "region", place->region);
    n = add(options, n, "auth.type", "static");
    n = add(options, n, "auth.accessKeyID", place->access_key);
    n = add(options, n, "auth.secretAccessKey", place->secret_key);
    return add(options, n, "auth.sessionToken", place->token);
}

mb_status mb_place_open(struct mb_storage **out, const struct mb_migrate *migrate,
                        const struct mb_cloud_place *place, struct mb_error *error)
{
    const char *driver = migrate->driver_of(place->provider);
    struct mb_kv options[MAX_OPTIONS];
    struct address address;
    if (driver == NULL)
        return mb_fail(
            error, MB_E_UNSUPPORTED,
            "the volume lies with '%s', into which this program cannot upload with the credentials "
            "that the cloud gives; upload the backup by the cloud's console",
            place->provider);
    MB_TRY(split(&address, place->endpoint, error));
    size_t count = describe(options, &address, place);
    mb_status status =
        mb_storage_open(out, migrate->drivers, driver, options, count, &migrate->storage, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "the volume's storage");
}

mb_status mb_place_holds(const struct mb_cloud_place *place, uint64_t objects, uint64_t bytes,
                         struct mb_error *error)
{
    char have[32], limit[32];
    if (place->max_objects > 0 && objects > place->max_objects)
        return mb_fail(error, MB_E_NO_SPACE,
                       "the backup has %" PRIu64 " objects, but volume %s takes %" PRIu64
                       " at most: back up less at once, or ask for a higher limit in the cloud's console",
                       objects, place->volume, place->max_objects);
    if (place->max_bytes > 0 && bytes > place->max_bytes)
        return mb_fail(
            error, MB_E_NO_SPACE,
            "the backup has %s, but volume %s takes %s at most: back up less at once, or ask for a "
            "higher limit in the cloud's console",
            mb_text_bytes(bytes, have, sizeof have), place->volume,
            mb_text_bytes(place->max_bytes, limit, sizeof limit));
    return MB_OK;
}

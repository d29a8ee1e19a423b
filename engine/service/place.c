#include "service/place.h"

#include "base/hint.h"
#include "base/path.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool has_controls(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return true;
    return false;
}

/* --------------------------------------------------------------- buckets */

static mb_status settle_bucket(const struct mb_places *places, const char *asked, struct mb_arena *arena,
                               const char **out, struct mb_error *error)
{
    *out = "";
    if (!mb_text_is_given(asked) || strcmp(asked, places->bucket) == 0)
        return MB_OK;
    if (places->files)
        return mb_fail_hint(error, MB_E_FORBIDDEN, MB_HINT_INPUT, "bucket",
                            "backups are files here, which lie in no bucket; leave it out");
    for (const char *const *bucket = places->buckets; *bucket != NULL; bucket++)
        if (strcmp(asked, *bucket) == 0) {
            *out = mb_arena_strdup(arena, asked);
            return *out != NULL ? MB_OK : mb_fail_memory(error);
        }
    return mb_fail_hint(error, MB_E_FORBIDDEN, MB_HINT_INPUT, "bucket",
                        "this bucket is neither %s nor one of server.buckets in the server's configuration",
                        places->bucket_key);
}

/* ------------------------------------------------------------ root paths */

/* Elements of a path between its slashes: none may lead elsewhere. */
static bool climbs(const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
            return true;
        path += len + (path[len] == '/');
    }
    return false;
}

/* In the one spelling that can be compared: of folders where they really are. */
static mb_status spell(const struct mb_places *places, const char *path, struct mb_arena *arena,
                       const char **out, struct mb_error *error)
{
    char *resolved = places->files ? mb_path_resolve(path) : NULL;
    if (places->files && resolved == NULL)
        return mb_fail_hint(error, MB_E_FORBIDDEN, MB_HINT_INPUT, "root_path",
                            "where this folder lies cannot be told");
    const char *clean = mb_key_clean(arena, places->files ? resolved : path);
    free(resolved);
    *out = clean == NULL ? NULL : places->files ? mb_arena_printf(arena, "/%s", clean) : clean;
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

static bool lies_below(const char *path, const char *root)
{
    size_t len = strlen(root);
    return strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/' || len == 0);
}

/* *below, when the place is one of server.rootPaths or lies in it. */
static mb_status find_root(const struct mb_places *places, const char *path, struct mb_arena *arena,
                           bool *below, struct mb_error *error)
{
    for (const char *const *root = places->root_paths; *root != NULL && !*below; root++) {
        const char *spelt = NULL;
        MB_TRY(spell(places, *root, arena, &spelt, error));
        *below = *spelt != '\0' && lies_below(path, spelt);
    }
    return MB_OK;
}

static mb_status settle_root(const struct mb_places *places, const char *asked, struct mb_arena *arena,
                             const char **out, struct mb_error *error)
{
    const char *path = NULL, *configured = NULL;
    bool below = false;
    *out = "";
    if (!mb_text_is_given(asked))
        return MB_OK;
    if (climbs(asked) || has_controls(asked))
        return mb_fail_hint(error, MB_E_FORBIDDEN, MB_HINT_INPUT, "root_path",
                            "a root path has no '.' or '..' between its slashes, and no control characters");
    MB_TRY(spell(places, asked, arena, &path, error));
    MB_TRY(spell(places, places->root_path, arena, &configured, error));
    if (strcmp(path, configured) == 0)
        return MB_OK;
    MB_TRY(find_root(places, path, arena, &below, error));
    if (!below)
        return mb_fail_hint(error, MB_E_FORBIDDEN, MB_HINT_INPUT, "root_path",
                            "this root path is neither %s nor below one of server.rootPaths in the server's "
                            "configuration",
                            places->root_key);
    *out = path;
    return MB_OK;
}

/* ------------------------------------------------- the address of management */

/* The host in "http://host:port/...", and its length; NULL for what is no such address, which others could
 * read otherwise. */
static const char *host_of(const char *address, size_t *len)
{
    const char *host = mb_text_starts_with(address, "http://")    ? address + strlen("http://")
                       : mb_text_starts_with(address, "https://") ? address + strlen("https://")
                                                                  : "";
    bool bracketed = *host == '[';
    host += bracketed;
    *len = strcspn(host, bracketed ? "]" : ":/?#");
    const char *rest = host + *len + (bracketed && host[*len] == ']');
    return *len > 0 && strchr(":/?#", *rest) != NULL ? host : NULL;
}

static bool is_at(const char *address, const char *host, size_t host_len)
{
    size_t len = 0;
    const char *found = host != NULL ? host_of(address, &len) : NULL;
    return found != NULL && len == host_len && strncmp(found, host, len) == 0;
}

/* On the host of Milvus, or on that of the configured address of its management. */
static bool is_near(const struct mb_places *places, const char *address)
{
    size_t len = 0;
    const char *host = host_of(places->gc_address, &len);
    return is_at(address, host, len) ||
           is_at(address, places->milvus_address, strlen(places->milvus_address));
}

/* Requests go out to it, so it must not lead to machines that the configuration does not name.  An '@' would
 * make another part of it the host. */
static mb_status settle_gc(const struct mb_places *places, const char *asked, struct mb_arena *arena,
                           const char **out, struct mb_error *error)
{
    *out = "";
    if (!mb_text_is_given(asked) || strcmp(asked, places->gc_address) == 0)
        return MB_OK;
    bool odd = has_controls(asked) || strpbrk(asked, "@\\ ") != NULL;
    if (odd || !is_near(places, asked))
        return mb_fail_hint(
            error, MB_E_FORBIDDEN, MB_HINT_INPUT, "gc_address",
            "Milvus' management is asked on the hosts of milvus.address and %s in the server's "
            "configuration alone",
            places->gc_key);
    *out = mb_arena_strdup(arena, asked);
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_place_settle(const struct mb_places *places, const struct mb_place *asked,
                          struct mb_arena *arena, struct mb_place *out, struct mb_error *error)
{
    struct mb_place place;
    MB_TRY(settle_bucket(places, asked->bucket, arena, &place.bucket, error));
    MB_TRY(settle_root(places, asked->root_path, arena, &place.root_path, error));
    MB_TRY(settle_gc(places, asked->gc_address, arena, &place.gc_address, error));
    *out = place;
    return MB_OK;
}

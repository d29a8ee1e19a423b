#include "api/peer.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENDING ".yaml"

static bool is_name(const char *name, size_t len)
{
    static const char allowed[] = "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return len > 0 && len <= 128 && strspn(name, allowed) >= len;
}

static mb_status folder_of(struct mb_session *session, struct mb_arena *arena, const char **out,
                           struct mb_error *error)
{
    struct mb_session_about about = {.struct_size = sizeof about};
    MB_TRY(mb_session_about(session, &about, error));
    const char *slash = strrchr(about.config_path, '/');
    int len = slash != NULL ? (int)(slash - about.config_path) : 1;
    *out = mb_arena_printf(arena, "%.*s/peers", len, slash != NULL ? about.config_path : ".");
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static mb_status add_names(DIR *folder, struct mb_arena *arena, struct mb_strings *out,
                           struct mb_error *error)
{
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name), ending = strlen(ENDING);
        if (!mb_text_ends_with(entry->d_name, ENDING) || !is_name(entry->d_name, len - ending))
            continue;
        if (!mb_strings_add(out, arena, mb_arena_strndup(arena, entry->d_name, len - ending)))
            return mb_fail_memory(error);
    }
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare);
    return MB_OK;
}

mb_status mb_peer_list(struct mb_session *session, struct mb_arena *arena, struct mb_strings *out,
                       struct mb_error *error)
{
    const char *path = NULL;
    *out = (struct mb_strings){.items = NULL};
    MB_TRY(folder_of(session, arena, &path, error));
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? MB_OK : mb_fail_errno(error, errno, "open %s", path);
    mb_status status = add_names(folder, arena, out, error);
    closedir(folder);
    return status;
}

mb_status mb_peer_file(struct mb_session *session, const char *name, struct mb_arena *arena, const char **out,
                       struct mb_error *error)
{
    const char *folder = NULL;
    if (!is_name(name, strlen(name)) || strlen(name) == 0)
        return mb_fail(error, MB_E_INVALID, "peer: '%s' is no name of a peer", name);
    MB_TRY(folder_of(session, arena, &folder, error));
    *out = mb_arena_printf(arena, "%s/%s" ENDING, folder, name);
    if (*out == NULL)
        return mb_fail_memory(error);
    if (access(*out, R_OK) != 0)
        return mb_fail(error, MB_E_NOT_FOUND,
                       "peer: there is no peer '%s'; its configuration is the file "
                       "peers/%s" ENDING " beside the server's own",
                       name, name);
    return MB_OK;
}

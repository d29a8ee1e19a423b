#include "config/kept.h"

#include "base/arena.h"
#include "config/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20 };

/* first and then second, with NULL behind; NULL without memory. */
static const char *const *copy_strings(struct mb_arena *arena, const char *const *first, size_t first_count,
                                       const char *const *second, size_t second_count)
{
    size_t count = first_count + second_count;
    const char **copy = mb_arena_alloc(arena, count + 1, sizeof *copy);

    for (size_t i = 0; copy != NULL && i < count; i++)
        if ((copy[i] = mb_arena_strdup(arena, i < first_count ? first[i] : second[i - first_count])) == NULL)
            return NULL;
    return copy;
}

static const char *const *copy_environment(struct mb_arena *arena, const char *const *environment)
{
    size_t count = 0;

    while (environment != NULL && environment[count] != NULL)
        count++;
    return copy_strings(arena, environment, count, NULL, 0);
}

static mb_status keep_text(struct mb_arena *arena, const char *text, size_t len, struct mb_config_kept *out,
                           struct mb_error *error)
{
    char *copy = mb_arena_alloc(arena, len + 1, 1);
    if (copy == NULL)
        return mb_fail_memory(error);
    if (len > 0)
        memcpy(copy, text, len);
    out->text = copy;
    out->len = len;
    return MB_OK;
}

static mb_status keep_file(struct mb_arena *arena, const struct mb_config_sources *sources,
                           struct mb_config_kept *out, struct mb_error *error)
{
    struct mb_config_sources own = *sources;
    struct mb_buf content;

    out->path = "";
    out->text = "";
    if (*sources->path == '\0')
        return MB_OK;
    own.environment = out->environment;
    mb_buf_init(&content, MAX_FILE);
    mb_status status = mb_config_read_file(arena, &own, &out->path, &content, error);
    if (status == MB_OK)
        status = keep_text(arena, content.data, content.len, out, error);
    mb_buf_wipe(&content);
    return status;
}

static mb_status keep_folder(struct mb_arena *arena, const char *folder, struct mb_config_kept *out,
                             struct mb_error *error)
{
    char cwd[4096];

    if (folder == NULL && getcwd(cwd, sizeof cwd) == NULL)
        return mb_fail_errno(error, errno, "find the working folder");
    out->folder = mb_arena_strdup(arena, folder != NULL ? folder : cwd);
    return out->folder != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status keep_like(struct mb_arena *arena, const struct mb_config_sources *sources,
                           const struct mb_config_kept *like, struct mb_config_kept *out,
                           struct mb_error *error)
{
    out->environment = copy_environment(arena, like->environment);
    out->sets = copy_strings(arena, like->sets, like->set_count, sources->sets, sources->set_count);
    out->set_count = like->set_count + sources->set_count;
    out->path = mb_arena_strdup(arena, like->path);
    if (out->environment == NULL || out->sets == NULL || out->path == NULL)
        return mb_fail_memory(error);
    MB_TRY(keep_text(arena, like->text, like->len, out, error));
    return keep_folder(arena, like->folder, out, error);
}

mb_status mb_config_keep(struct mb_arena *arena, const struct mb_config_sources *sources,
                         struct mb_config_kept *out, struct mb_error *error)
{
    if (sources->like != NULL)
        return keep_like(arena, sources, sources->like->kept, out, error);
    out->environment = copy_environment(arena, sources->environment);
    out->sets = copy_strings(arena, sources->sets, sources->set_count, NULL, 0);
    out->set_count = sources->set_count;
    if (out->environment == NULL || out->sets == NULL)
        return mb_fail_memory(error);
    MB_TRY(keep_file(arena, sources, out, error));
    return keep_folder(arena, sources->folder, out, error);
}

#include "config/source.h"

#include "base/arena.h"
#include "base/hint.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20 };

/* What is opened for a path that is relative to folder; messages show the path itself. */
static const char *below(struct mb_arena *arena, const char *folder, const char *path)
{
    if (folder == NULL || *path == '/')
        return path;
    return mb_arena_printf(arena, "%s/%s", folder, path);
}

static mb_status read_all(int fd, const char *path, struct mb_buf *content, struct mb_error *error)
{
    char chunk[8192];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mb_fail_errno(error, errno, "read the configuration %s", path);
        if (n == 0)
            return MB_OK;
        if (mb_buf_append(content, chunk, (size_t)n) == MB_E_INVALID)
            return mb_fail(error, MB_E_CONFIG, "the configuration %s is larger than 1 MiB", path);
        MB_TRY(mb_buf_status(content, error));
    }
}

/* MB_END: there is no such file. */
static mb_status try_file(struct mb_arena *arena, const char *folder, const char *path,
                          struct mb_buf *content, struct mb_error *error)
{
    const char *name = below(arena, folder, path);
    if (name == NULL)
        return mb_fail_memory(error);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return MB_END;
    if (fd < 0)
        return mb_fail_errno(error, errno, "open the configuration %s", path);
    mb_status status = read_all(fd, path, content, error);
    close(fd);
    return status;
}

mb_status mb_config_read_file(struct mb_arena *arena, const struct mb_config_sources *sources,
                              const char **found, struct mb_buf *content, struct mb_error *error)
{
    const char *slash = strrchr(sources->path, '/');
    const char *base = slash != NULL ? slash + 1 : sources->path;
    const char *folder = mb_environment_get(sources->environment, "MILVUSCONF");
    const char *places[3] = {sources->path};
    size_t count = 1;

    if (folder != NULL && *folder != '\0')
        places[count++] = mb_arena_printf(arena, "%s/%s", folder, base);
    places[count++] = mb_arena_printf(arena, "./configs/%s", base);
    mb_buf_reset(content);
    for (size_t i = 0; i < count; i++) {
        if (places[i] == NULL)
            return mb_fail_memory(error);
        mb_status status = try_file(arena, sources->folder, places[i], content, error);
        if (status == MB_OK)
            *found = places[i];
        if (status != MB_END)
            return status;
    }
    return mb_fail_hint(error, MB_E_NOT_FOUND, MB_HINT_CONFIG_FILE, NULL,
                        "no configuration file: tried %s%s%s%s%s", places[0], count > 1 ? ", " : "",
                        count > 1 ? places[1] : "", count > 2 ? ", " : "", count > 2 ? places[2] : "");
}

#include "service/auth_file.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20, STEP_MS = 100 };

/* ------------------------------------------------------------------- versions */

struct mb_auth_version mb_auth_version_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct mb_auth_version){0};
    return (struct mb_auth_version){.device = st.st_dev,
                                    .inode = st.st_ino,
                                    .size = st.st_size,
                                    .modified = st.st_mtim,
                                    .changed = st.st_ctim,
                                    .read_ns = mb_clock_wall()};
}

static bool same_moment(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool mb_auth_version_equal(const struct mb_auth_version *a, const struct mb_auth_version *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           same_moment(a->modified, b->modified) && same_moment(a->changed, b->changed);
}

bool mb_auth_version_settled(const struct mb_auth_version *version)
{
    int64_t changed = version->changed.tv_sec * MB_NS_PER_S + version->changed.tv_nsec;
    return version->inode == 0 || llabs(version->read_ns - changed) > STEP_MS * MB_NS_PER_MS;
}

/* -------------------------------------------------------------------- reading */

struct mb_auth_set *mb_auth_set_new(void)
{
    struct mb_auth_set *set = calloc(1, sizeof *set);
    if (set != NULL && (set->arena = mb_arena_new()) == NULL) {
        free(set);
        return NULL;
    }
    return set;
}

void mb_auth_set_free(struct mb_auth_set *set)
{
    if (set == NULL)
        return;
    mb_arena_free(set->arena);
    free(set);
}

/* Two tokens of one name are how one takes the other's place; of two passwords one would never count. */
static mb_status refuse_twice(const struct mb_credential *items, size_t count, struct mb_error *error)
{
    const struct mb_credential *last = &items[count];
    for (size_t i = 0; i < count; i++)
        if (last->kind != MB_CREDENTIAL_TOKEN && items[i].kind == last->kind &&
            strcmp(items[i].name, last->name) == 0)
            return mb_fail(error, MB_E_CONFIG, "the name has a line of that kind already");
    return MB_OK;
}

static uint64_t cost_of(const struct mb_credential *one)
{
    return ((uint64_t)one->r * one->p) << one->log_n;
}

static mb_status take_line(struct mb_auth_set *set, struct mb_credential *items, const char *line,
                           struct mb_error *error)
{
    struct mb_credential *item = &items[set->count];
    if (*line == '\0' || *line == '#')
        return MB_OK;
    MB_TRY(mb_credential_parse(line, set->arena, item, error));
    MB_TRY(refuse_twice(items, set->count, error));
    if (item->kind == MB_CREDENTIAL_PASSWORD && (!set->passwords || cost_of(item) > cost_of(&set->decoy))) {
        set->decoy = *item;
        set->passwords = true;
    }
    set->count++;
    return MB_OK;
}

static mb_status take_lines(struct mb_auth_set *set, const char *path, char *text, struct mb_error *error)
{
    size_t lines = 1, number = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    struct mb_credential *items = mb_arena_alloc(set->arena, lines, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    set->items = items;
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        size_t len = next != NULL ? (size_t)(next - line) : strlen(line);
        if (next != NULL)
            next++;
        while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
            len--;
        line[len] = '\0';
        number++;
        if (take_line(set, items, line, error) != MB_OK)
            return mb_error_context(error, "%s:%zu", path, number);
    }
    memset(set->decoy.hash, 0, sizeof set->decoy.hash);
    return MB_OK;
}

static mb_status judge(struct mb_auth_set *set, const char *path, const struct stat *st,
                       struct mb_error *error)
{
    if (!S_ISREG(st->st_mode))
        return mb_fail(error, MB_E_CONFIG, "%s is no file", path);
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return mb_fail(error, MB_E_CONFIG,
                       "%s may be written by others than its owner, who could let in whom they like: take "
                       "that right away (chmod go-w)",
                       path);
    if (st->st_size > MAX_FILE)
        return mb_fail(error, MB_E_CONFIG, "%s has more than %d bytes", path, MAX_FILE);
    set->readable_by_others = (st->st_mode & S_IROTH) != 0;
    return MB_OK;
}

static mb_status read_open(struct mb_auth_set *set, const char *path, int fd, struct mb_error *error)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return mb_fail_errno(error, errno, "%s", path);
    MB_TRY(judge(set, path, &st, error));
    char *text = mb_arena_alloc(set->arena, (size_t)st.st_size + 1, 1);
    ssize_t len = text != NULL ? mb_file_read(fd, text, (size_t)st.st_size, 0) : 0;
    if (text == NULL)
        return mb_fail_memory(error);
    if (len < 0)
        return mb_fail_errno(error, errno, "%s", path);
    if (memchr(text, '\0', (size_t)len) != NULL)
        return mb_fail(error, MB_E_CONFIG, "%s is no text: it holds a byte 0", path);
    MB_TRY(mb_credential_digest(text, (size_t)len, set->digest, error));
    return take_lines(set, path, text, error);
}

mb_status mb_auth_set_read(struct mb_auth_set **out, const char *path, struct mb_error *error)
{
    struct mb_auth_set *set = mb_auth_set_new();
    if (set == NULL)
        return mb_fail_memory(error);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    mb_status status = fd < 0 ? mb_fail_errno(error, errno, "%s", path) : read_open(set, path, fd, error);
    mb_file_close(fd);
    if (status != MB_OK) {
        mb_auth_set_free(set);
        return mb_fail_as(error, MB_E_CONFIG);
    }
    *out = set;
    return MB_OK;
}

/* -------------------------------------------------------------------- finding */

const struct mb_credential *mb_auth_set_named(const struct mb_auth_set *set, enum mb_credential_kind kind,
                                              const char *name)
{
    const struct mb_credential *found = NULL;
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].kind == kind && strcmp(set->items[i].name, name) == 0)
            found = &set->items[i];
    return found;
}

const struct mb_credential *mb_auth_set_password(const struct mb_auth_set *set, const char *name,
                                                 const char *secret, size_t len)
{
    const struct mb_credential *user = mb_auth_set_named(set, MB_CREDENTIAL_PASSWORD, name);
    if (!set->passwords)
        return NULL;
    bool right = mb_credential_matches(user != NULL ? user : &set->decoy, secret, len);
    return right ? user : NULL;
}

const struct mb_credential *mb_auth_set_token(const struct mb_auth_set *set, const char *secret, size_t len)
{
    const struct mb_credential *found = NULL;
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].kind == MB_CREDENTIAL_TOKEN && mb_credential_matches(&set->items[i], secret, len))
            found = &set->items[i];
    return found;
}

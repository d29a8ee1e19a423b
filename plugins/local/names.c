/* names.c - the names in one directory in key order, a bounded batch at a time. */
#include "names.h"

#include "local.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Names read between two looks at the caller's wishes. */
enum { POLL_EVERY = 4096 };

void local_names_init(struct local_names *names)
{
    *names = (struct local_names){0};
    mb_buf_init(&names->text, SIZE_MAX / 2);
    mb_buf_init(&names->at, SIZE_MAX / 2);
}

void local_names_done(struct local_names *names)
{
    mb_buf_done(&names->text);
    mb_buf_done(&names->at);
}

static size_t *offsets(const struct local_names *names)
{
    return (void *)names->at.data;
}

const char *local_names_get(const struct local_names *names, size_t i)
{
    return names->text.data + offsets(names)[i];
}

static int compare(const void *a, const void *b, void *text)
{
    const char *base = text;
    return strcmp(base + *(const size_t *)a, base + *(const size_t *)b);
}

static void sort(struct local_names *names)
{
    if (names->count > 0)
        qsort_r(offsets(names), names->count, sizeof(size_t), compare, names->text.data);
}

static mb_status append(struct local_names *names, const char *name, bool directory, struct mb_error *error)
{
    size_t begin = names->text.len;
    mb_buf_append(&names->at, &begin, sizeof(begin));
    mb_buf_puts(&names->text, name);
    if (directory)
        mb_buf_putc(&names->text, '/');
    mb_buf_putc(&names->text, '\0');
    MB_TRY(mb_buf_status(&names->at, error));
    MB_TRY(mb_buf_status(&names->text, error));
    names->count++;
    return MB_OK;
}

/* Sorts and keeps the first half, at least one. */
static mb_status halve(struct local_names *names, struct mb_error *error)
{
    struct mb_buf text;
    size_t keep = names->count < 2 ? names->count : names->count / 2;
    sort(names);
    mb_buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < keep; i++) {
        const char *name = local_names_get(names, i);
        offsets(names)[i] = text.len;
        mb_buf_append(&text, name, strlen(name) + 1);
    }
    mb_buf_done(&names->text);
    names->text = text;
    names->count = keep;
    mb_buf_truncate(&names->at, keep * sizeof(size_t));
    names->more = true;
    return mb_buf_status(&names->text, error);
}

/* strcmp of name and text, where a directory's name has a slash at its end. */
static int compare_name(const char *name, bool directory, const char *text)
{
    size_t len = strlen(name);
    int order = strncmp(name, text, len);
    if (order != 0)
        return order;
    if (!directory)
        return text[len] == '\0' ? 0 : -1;
    if (text[len] != '/')
        return (unsigned char)'/' > (unsigned char)text[len] ? 1 : -1;
    return text[len + 1] == '\0' ? 0 : -1;
}

static bool lies_in(const char *text, const char *directory)
{
    size_t len = strlen(directory);
    return strncmp(text, directory, len) == 0 && text[len] == '/' && text[len + 1] != '\0';
}

/* Sets *directory; false for what is no object and leads to none. */
static bool is_wanted(DIR *dir, const struct dirent *entry, const struct local_names_query *query,
                      bool *directory)
{
    const char *name = entry->d_name;
    struct stat st;
    unsigned char type = entry->d_type;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    bool hidden = mb_text_starts_with(name, LOCAL_HIDDEN);
    if (hidden && !query->hidden)
        return false;
    if (!hidden && !mb_text_starts_with(name, query->prefix))
        return false;
    /* What cannot be looked at here is looked at again by the walk, which says why it fails. */
    if (type == DT_UNKNOWN)
        type = fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (unsigned char)IFTODT(st.st_mode)
                                                                        : DT_REG;
    *directory = type == DT_DIR;
    if (!*directory && (type != DT_REG || (query->hidden && !hidden)))
        return false;
    return compare_name(name, *directory, query->after) > 0 || (*directory && lies_in(query->after, name));
}

mb_status local_names_read(struct local_names *names, DIR *dir, const struct local_names_query *query,
                           const struct mb_call *call)
{
    size_t kept = 0; /* after the last halving: nothing that comes after these is wanted any more */
    mb_buf_reset(&names->text);
    mb_buf_reset(&names->at);
    names->count = 0;
    names->more = false;
    rewinddir(dir);
    for (size_t seen = 1;; seen++) {
        bool directory = false;
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL && errno != 0)
            return mb_fail_errno(call->error, errno, "read a directory");
        if (entry == NULL)
            break;
        if (seen % POLL_EVERY == 0)
            MB_TRY(mb_call_wanted(call));
        if (!is_wanted(dir, entry, query, &directory))
            continue;
        if (kept > 0 && compare_name(entry->d_name, directory, local_names_get(names, kept - 1)) > 0)
            continue;
        MB_TRY(append(names, entry->d_name, directory, call->error));
        if (names->text.len + names->at.len > query->budget && names->count > 1) {
            MB_TRY(halve(names, call->error));
            kept = names->count;
        }
    }
    sort(names);
    return MB_OK;
}

#include "parts.h"

#include "disk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int parts_up(void **state)
{
    disk_mend();
    if (bed_up(state) != 0)
        return -1;
    struct bed *bed = *state;
    bed->store->fsync = true;
    return 0;
}

const char *const parts_even[] = {"aaaa", "bbbb", "cc", NULL};
const char *const parts_uneven[] = {"aaaabb", "b", "bcc", NULL};
const char *const *const parts_cuts[] = {parts_even, parts_uneven};

mb_status parts_send(struct parts *u, const char *text)
{
    struct bed_source from;
    struct mb_source source = bed_source(&from, text, strlen(text), (int64_t)strlen(text));
    mb_status status = u->bed->driver->mpu_part(u->bed->store, KEY, u->id, (uint32_t)u->count + 1, NULL,
                                                &source, &u->parts[u->count], &u->bed->call);
    u->count += status == MB_OK;
    return status;
}

mb_status parts_copy(struct parts *u)
{
    return u->bed->driver->mpu_copy_part(u->bed->store, KEY, u->id, 2, u->bed->store, KEY, 0, 4, &u->parts[1],
                                         &u->bed->call);
}

struct parts parts_begin(struct bed *bed, uint32_t flags)
{
    struct parts u = {.bed = bed};
    struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = flags};
    assert_status(MB_OK, bed->driver->mpu_begin(bed->store, KEY, &opts, u.id, ID_CAP, &bed->call));
    return u;
}

struct parts parts_upload(struct bed *bed, const char *const *texts, uint32_t flags)
{
    struct parts u = parts_begin(bed, flags);
    for (size_t i = 0; texts[i] != NULL; i++)
        assert_status(MB_OK, parts_send(&u, texts[i]));
    return u;
}

mb_status parts_complete(struct parts *u)
{
    u->st = (struct mb_stat){.struct_size = sizeof(u->st)};
    return u->bed->driver->mpu_complete(u->bed->store, KEY, u->id, u->parts, u->count, &u->st, &u->bed->call);
}

bool parts_again(const struct bed *bed)
{
    return (bed->error.flags & MB_ERR_RETRYABLE) != 0;
}

void parts_path(const struct bed *bed, const struct parts *u, const char *name, char out[512])
{
    snprintf(out, 512, "%s/d/.milvus-backup-%s.k%s%s", bed->root, u->id, name == NULL ? "" : "/",
             name == NULL ? "" : name);
}

void parts_assert_gone(struct bed *bed, const struct parts *u)
{
    char path[512];
    parts_path(bed, u, NULL, path);
    assert_int_equal(access(path, F_OK), -1);
    assert_string_equal(bed_list(bed, "d/", NULL, 10), KEY "\n");
}

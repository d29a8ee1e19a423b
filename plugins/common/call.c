#include "common/call.h"

#include "base/clock.h"

#include <string.h>
#include <time.h>

mb_status mb_call_wanted(const struct mb_call *call)
{
    if (call->cancelled != NULL && call->cancelled(call))
        return mb_fail(call->error, MB_E_CANCELLED, "cancelled");
    if (call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns)
        return mb_fail(call->error, MB_E_TIMEOUT, "the deadline has passed");
    return MB_OK;
}

/* In short steps, since nobody wakes us. */
mb_status mb_call_rest(const struct mb_call *call, int64_t ns)
{
    const int64_t step = 20 * MB_NS_PER_MS;
    int64_t until = mb_clock_monotonic() + ns;
    for (;;) {
        int64_t now = mb_clock_monotonic();
        MB_TRY(mb_call_wanted(call));
        if (now >= until)
            return MB_OK;
        int64_t left = mb_deadline_min(until, call->deadline_ns) - now;
        struct timespec pause = {.tv_nsec = (long)(left < step ? left : step)};
        nanosleep(&pause, NULL);
    }
}

const char *mb_kv_find(const struct mb_kv *config, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(config[i].key, key) == 0)
            return config[i].value;
    return NULL;
}

bool mb_put_is_new_only(const struct mb_put_options *opts)
{
    return opts != NULL && (opts->flags & MB_PUT_IF_ABSENT) != 0;
}

/* Both begin with struct_size, which stays. */
static void write_struct(void *to, const void *from, uint32_t known)
{
    uint32_t size = *(uint32_t *)to;
    if (size > sizeof(size))
        memcpy((char *)to + sizeof(size), (const char *)from + sizeof(size),
               (size < known ? size : known) - sizeof(size));
}

void mb_stat_write(struct mb_stat *to, const struct mb_stat *from)
{
    if (to != NULL)
        write_struct(to, from, sizeof(*from));
}

void mb_info_write(struct mb_store_info *to, const struct mb_store_info *from)
{
    write_struct(to, from, sizeof(*from));
}

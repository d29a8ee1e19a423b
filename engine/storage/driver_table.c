#include "storage/driver_table.h"

#include "storage/driver.h"

#include "base/buf.h"

#include <string.h>

/* The table of ABI 1.0 ends behind this member and the option behind that one, however much they grow. */
#define SIZE_1_0        (offsetof(struct mb_storage_plugin, mpu_list) + sizeof(void (*)(void)))
#define OPTION_SIZE_1_0 (offsetof(struct mb_option, help) + sizeof(const char *))

struct slot {
    const char *name;
    size_t offset;
};

#define SLOT(member)                                        \
    {                                                       \
#member, offsetof(struct mb_storage_plugin, member) \
    }

static const struct slot required[] = {SLOT(open),      SLOT(close),     SLOT(check),  SLOT(stat),
                                       SLOT(get),       SLOT(put),       SLOT(remove), SLOT(list_open),
                                       SLOT(list_next), SLOT(list_close)};

static const struct slot multipart[] = {SLOT(mpu_begin), SLOT(mpu_part), SLOT(mpu_complete), SLOT(mpu_abort)};

enum {
    REQUIRED_COUNT = sizeof(required) / sizeof(required[0]),
    MULTIPART_COUNT = sizeof(multipart) / sizeof(multipart[0])
};

static bool has_slot(const struct mb_storage_plugin *table, const struct slot *slot)
{
    void (*fn)(void);
    memcpy(&fn, (const char *)table + slot->offset, sizeof(fn));
    return fn != NULL;
}

/* "stat, get": the slots that are there, or those that are not; returns how many. */
static size_t list_slots(const struct mb_storage_plugin *table, const struct slot *slots, size_t count,
                         bool there, struct mb_buf *names)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (has_slot(table, &slots[i]) != there)
            continue;
        mb_buf_printf(names, "%s%s", found > 0 ? ", " : "", slots[i].name);
        found++;
    }
    return found;
}

static mb_status check_slots(const struct mb_storage_plugin *table, const char *path, struct mb_error *error)
{
    struct mb_buf there, missing;
    mb_buf_init(&there, 512);
    mb_buf_init(&missing, 512);
    mb_status status = MB_OK;
    size_t lacks = list_slots(table, required, REQUIRED_COUNT, false, &missing);
    if (lacks > 0) {
        status = mb_fail(error, MB_E_CONFIG, "storage driver %s lacks the required slot%s %s", path,
                         lacks == 1 ? "" : "s", missing.data);
        goto out;
    }
    list_slots(table, multipart, MULTIPART_COUNT, true, &there);
    lacks = list_slots(table, multipart, MULTIPART_COUNT, false, &missing);
    if (lacks > 0 && lacks < MULTIPART_COUNT)
        status =
            mb_fail(error, MB_E_CONFIG, "storage driver %s has half of the multipart group: %s without %s",
                    path, there.data, missing.data);
out:
    mb_buf_done(&missing);
    mb_buf_done(&there);
    return status;
}

/* Only the members that never move, so any table may be asked. */
static mb_status check_head(const struct mb_storage_plugin *table, const char *path, struct mb_error *error)
{
    if (table->magic != MB_STORAGE_MAGIC)
        return mb_fail(error, MB_E_CONFIG,
                       "%s is not a storage driver: its table begins with 0x%08x instead of 0x%08x", path,
                       table->magic, MB_STORAGE_MAGIC);
    if (table->abi_major != MB_STORAGE_ABI_MAJOR)
        return mb_fail(error, MB_E_CONFIG,
                       "storage driver %s speaks ABI %u.%u and this program %u.%u: the number before the dot "
                       "must be the same",
                       path, table->abi_major, table->abi_minor, MB_STORAGE_ABI_MAJOR, MB_STORAGE_ABI_MINOR);
    if (table->struct_size < SIZE_1_0)
        return mb_fail(error, MB_E_CONFIG,
                       "storage driver %s: its table has %u bytes, that of ABI %u.0 has %zu", path,
                       table->struct_size, MB_STORAGE_ABI_MAJOR, SIZE_1_0);
    return MB_OK;
}

static mb_status check_data(const struct mb_storage_plugin *table, const char *name, const char *path,
                            struct mb_error *error)
{
    if (table->name == NULL || table->version == NULL || table->description == NULL)
        return mb_fail(error, MB_E_CONFIG, "storage driver %s has no name, version or description", path);
    if (strcmp(table->name, name) != 0)
        return mb_fail(error, MB_E_CONFIG,
                       "storage driver %s calls itself \"%s\": the file must be called %s.so", path,
                       table->name, table->name);
    if (table->thread_model > MB_THREADS_PARALLEL)
        return mb_fail(error, MB_E_CONFIG, "storage driver %s declares the unknown thread model %u", path,
                       table->thread_model);
    if (table->option_count > 0 && (table->options == NULL || table->option_size < OPTION_SIZE_1_0))
        return mb_fail(error, MB_E_CONFIG,
                       "storage driver %s declares %u options of %u bytes each, one of ABI %u.0 has %zu",
                       path, table->option_count, table->options == NULL ? 0 : table->option_size,
                       MB_STORAGE_ABI_MAJOR, OPTION_SIZE_1_0);
    for (uint32_t i = 0; i < table->option_count; i++) {
        struct mb_option option;
        mb_driver_option(table, i, &option);
        if (option.name == NULL || option.name[0] == '\0')
            return mb_fail(error, MB_E_CONFIG, "storage driver %s: its option %u has no name", path, i);
    }
    return MB_OK;
}

mb_status mb_driver_table_copy(struct mb_storage_plugin *out, const struct mb_storage_plugin *table,
                               const char *name, const char *path, struct mb_error *error)
{
    MB_TRY(check_head(table, path, error));
    struct mb_storage_plugin copy = {0};
    memcpy(&copy, table, table->struct_size < sizeof(copy) ? table->struct_size : sizeof(copy));
    copy.struct_size = sizeof(copy);
    MB_TRY(check_slots(&copy, path, error));
    MB_TRY(check_data(&copy, name, path, error));
    *out = copy;
    return MB_OK;
}

void mb_driver_option(const struct mb_storage_plugin *plugin, uint32_t i, struct mb_option *out)
{
    size_t stride = plugin->option_size;
    struct mb_option option = {0};
    memcpy(&option, (const char *)plugin->options + i * stride,
           stride < sizeof(option) ? stride : sizeof(option));
    *out = option;
}

void mb_driver_slots_without(struct mb_storage_plugin *slots, uint64_t lacks)
{
    if ((lacks & MB_LACKS_CREATE_BUCKET) != 0)
        slots->create_bucket = NULL;
    if ((lacks & MB_LACKS_REMOVE_MANY) != 0)
        slots->remove_many = NULL;
    if ((lacks & MB_LACKS_COPY) != 0)
        slots->can_copy = NULL, slots->copy = NULL;
    if ((lacks & MB_LACKS_MULTIPART) != 0)
        slots->mpu_begin = NULL, slots->mpu_part = NULL, slots->mpu_complete = NULL, slots->mpu_abort = NULL;
    if ((lacks & (MB_LACKS_MULTIPART | MB_LACKS_PART_COPY)) != 0)
        slots->mpu_copy_part = NULL;
    if ((lacks & (MB_LACKS_MULTIPART | MB_LACKS_UPLOAD_LIST)) != 0)
        slots->mpu_list = NULL;
    if ((lacks & MB_LACKS_THREADS) != 0)
        slots->thread_model = MB_THREADS_SERIAL;
    else if ((lacks & MB_LACKS_PARALLEL) != 0 && slots->thread_model == MB_THREADS_PARALLEL)
        slots->thread_model = MB_THREADS_PER_STORE;
}

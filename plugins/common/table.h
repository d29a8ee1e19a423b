/* table.h - a driver's table of slots, said once for all of ours.
 *
 * A driver called x has a function x_get for the slot get, and so on.  MB_SLOT(x, get) declares it with the
 * type that the table wants, MB_ROW(x, get) puts it there; MB_SLOTS and MB_ROWS do so for what each driver
 * has, which is all but load and open, whose functions are often shared, and but remove_many and
 * mpu_copy_part, which not every service knows.  What a slot promises stands in storage_plugin.h. */
#ifndef MB_COMMON_TABLE_H
#define MB_COMMON_TABLE_H

#include "milvus_backup/storage_plugin.h"

#define MB_SLOT(driver, slot) __typeof__(*((const struct mb_storage_plugin *)0)->slot) driver##_##slot
#define MB_ROW(driver, slot)  .slot = driver##_##slot

#define MB_SLOTS(driver)            \
    MB_SLOT(driver, close);         \
    MB_SLOT(driver, check);         \
    MB_SLOT(driver, stat);          \
    MB_SLOT(driver, get);           \
    MB_SLOT(driver, put);           \
    MB_SLOT(driver, remove);        \
    MB_SLOT(driver, list_open);     \
    MB_SLOT(driver, list_next);     \
    MB_SLOT(driver, list_close);    \
    MB_SLOT(driver, create_bucket); \
    MB_SLOT(driver, can_copy);      \
    MB_SLOT(driver, copy);          \
    MB_SLOT(driver, mpu_begin);     \
    MB_SLOT(driver, mpu_part);      \
    MB_SLOT(driver, mpu_complete);  \
    MB_SLOT(driver, mpu_abort);     \
    MB_SLOT(driver, mpu_list)

#define MB_ROWS(driver)                                                                                    \
    MB_ROW(driver, close), MB_ROW(driver, check), MB_ROW(driver, stat), MB_ROW(driver, get),               \
        MB_ROW(driver, put), MB_ROW(driver, remove), MB_ROW(driver, list_open), MB_ROW(driver, list_next), \
        MB_ROW(driver, list_close), MB_ROW(driver, create_bucket), MB_ROW(driver, can_copy),               \
        MB_ROW(driver, copy), MB_ROW(driver, mpu_begin), MB_ROW(driver, mpu_part),                         \
        MB_ROW(driver, mpu_complete), MB_ROW(driver, mpu_abort), MB_ROW(driver, mpu_list)

/* The head of a table, for an array called options. */
#define MB_HEAD(name_, description_)                                                                      \
    MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL),                                                               \
        .name = (name_), .version = MB_DRIVER_VERSION, .description = (description_), .options = options, \
        .option_count = sizeof(options) / sizeof(*options), .option_size = sizeof(*options)

/* The driver itself: what the host asks for, and the table, whose rows follow as an initialiser. */
#define MB_DRIVER                                                 \
    static const struct mb_storage_plugin plugin;                 \
    MB_EXPORT mb_storage_plugin_entry_fn mb_storage_plugin_entry; \
    const struct mb_storage_plugin *mb_storage_plugin_entry(void) \
    {                                                             \
        return &plugin;                                           \
    }                                                             \
    static const struct mb_storage_plugin plugin

/* What all of ours can do. */
#define MB_USUAL_CAPS (MB_CAP_RANGE | MB_CAP_LIST_SORTED | MB_CAP_STRONG_LIST | MB_CAP_ATOMIC_PUT)

#endif

/* shim.h - a driver that wraps another one and sees every call that goes through.
 *
 * The wrapped driver is named by the option "over"; what is not in the shim's own table of options is handed
 * on to it.  "over: trace/minio" wraps a shim that wraps a driver.  A shim is its options, a set of
 * hooks and SHIM_DRIVER. */
#ifndef MB_SHIM_SHIM_H
#define MB_SHIM_SHIM_H

#include "common/call.h"
#include "common/table.h"

enum shim_operation {
    SHIM_OPEN,
    SHIM_CHECK,
    SHIM_STAT,
    SHIM_GET,
    SHIM_PUT,
    SHIM_REMOVE,
    SHIM_REMOVE_MANY,
    SHIM_LIST_OPEN,
    SHIM_LIST, /* one page */
    SHIM_CREATE_BUCKET,
    SHIM_COPY,
    SHIM_MPU_BEGIN,
    SHIM_MPU_PART,
    SHIM_MPU_COPY_PART,
    SHIM_MPU_COMPLETE,
    SHIM_MPU_ABORT,
    SHIM_MPU_LIST,
    SHIM_OPERATION_COUNT
};

const char *shim_operation_name(enum shim_operation operation); /* "mpu_part" */

/* One call of one slot. */
struct shim_event {
    enum shim_operation operation;
    const char *key;            /* or the prefix; "" for the store as a whole; of a copy the destination */
    const struct mb_call *call; /* its error is the hooks' to fill */
    uint64_t bytes;             /* that went by or were copied */
    size_t count;               /* keys of a remove_many, entries of a page */
    int64_t begun_ns;           /* CLOCK_MONOTONIC */
    int64_t took_ns;            /* for after */
    mb_status status;           /* for after: of the wrapped driver */
    const void *note;           /* the shim's own */
};

/* All but start may be NULL.  Hooks are called by any number of threads at once. */
struct shim_hooks {
    const char *name;   /* the driver's */
    const char *prefix; /* of its own options: "trace." */

    /* Makes the state of one store from the options that open was given, of which prefix tells the shim's. */
    mb_status (*start)(void **state, const struct mb_kv *config, size_t count, const struct mb_call *call);
    void (*stop)(void *state);

    /* A failure is what the operation returns; the wrapped driver is not called, nor is after. */
    mb_status (*before)(void *state, struct shim_event *event);

    /* Asked before *len more bytes of a get, put or part go by; may make *len less but not 0.  A failure ends
     * the operation and is what it returns. */
    mb_status (*pass)(void *state, const struct shim_event *event, size_t *len, struct mb_error *error);

    /* What it returns, event->status as a rule, is what the operation returns. */
    mb_status (*after)(void *state, const struct shim_event *event);
};

/* For the slot open. */
mb_status shim_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                    size_t count, const struct shim_hooks *hooks, const struct mb_call *call);

void shim_log(int level, const char *text);

MB_SLOT(shim, load);
MB_SLOT(shim, remove_many);
MB_SLOT(shim, mpu_copy_part);
MB_SLOTS(shim);

/* The rows that every shim's table of options has. */
#define SHIM_OPTIONS                                                                                      \
    {.name = "over",                                                                                      \
     .type = MB_OPT_STRING,                                                                               \
     .flags = MB_OPT_REQUIRED,                                                                            \
     .help = "The driver to wrap; \"trace/minio\" wraps a driver that wraps another."},                   \
    {                                                                                                     \
        .name = "*", .type = MB_OPT_STRING, .help = "Every other option is handed to the wrapped driver." \
    }

/* A whole driver, for an array called options and hooks called hooks.  What the wrapped driver lacks, its
 * store says in mb_store_info. */
#define SHIM_DRIVER(name_, description_)                                                              \
    static mb_status open_store(struct mb_store **out, struct mb_store_info *info,                    \
                                const struct mb_kv *config, size_t count, const struct mb_call *call) \
    {                                                                                                 \
        return shim_open(out, info, config, count, &hooks, call);                                     \
    }                                                                                                 \
    MB_DRIVER = {                                                                                     \
        MB_HEAD(name_, description_), MB_ROW(shim, load),         .open = open_store, MB_ROWS(shim),  \
        MB_ROW(shim, remove_many),    MB_ROW(shim, mpu_copy_part)}

#endif

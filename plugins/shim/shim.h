/* shim.h - a driver that wraps another one and sees every call that goes through.
 *
 * The wrapped driver is named by the option "over"; what is not in the shim's own table of options is handed
 * on to it.  "over: trace/minio" wraps a shim that wraps a driver.  A shim is a set of hooks and a table made
 * with SHIM_SLOTS. */
#ifndef MB_SHIM_SHIM_H
#define MB_SHIM_SHIM_H

#include "base/error.h"

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

/* Waits, unless the call is cancelled or its deadline passes before: MB_OK, MB_E_CANCELLED, MB_E_TIMEOUT. */
mb_status shim_wait(const struct mb_call *call, int64_t ns);

/* The value of a key, or NULL. */
const char *shim_option(const struct mb_kv *config, size_t count, const char *key);

void shim_log(int level, const char *text);

mb_status shim_load(const struct mb_host *host, struct mb_error *error);
void shim_close(struct mb_store *store);
mb_status shim_check(struct mb_store *store, const struct mb_call *call);
mb_status shim_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call);
mb_status shim_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                   const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call);
mb_status shim_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                   const struct mb_source *source, struct mb_stat *out, const struct mb_call *call);
mb_status shim_remove(struct mb_store *store, const char *key, const struct mb_call *call);
mb_status shim_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                         const struct mb_call *call);
mb_status shim_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call);
void shim_list_close(struct mb_list *list);
mb_status shim_create_bucket(struct mb_store *store, const struct mb_call *call);
mb_status shim_remove_many(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                           const struct mb_call *call);
int shim_can_copy(struct mb_store *dst, struct mb_store *src);
mb_status shim_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                    const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call);
mb_status shim_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                         char *upload_id, size_t cap, const struct mb_call *call);
mb_status shim_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                        const struct mb_put_options *opts, const struct mb_source *source,
                        struct mb_part *out, const struct mb_call *call);
mb_status shim_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                             struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                             struct mb_part *out, const struct mb_call *call);
mb_status shim_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                            const struct mb_part *parts, size_t count, struct mb_stat *out,
                            const struct mb_call *call);
mb_status shim_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                         const struct mb_call *call);
mb_status shim_mpu_list(struct mb_store *store, const char *prefix,
                        mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                        const struct mb_call *call);

/* The rows that every shim's table of options has. */
#define SHIM_OPTIONS                                                                                      \
    {.name = "over",                                                                                      \
     .type = MB_OPT_STRING,                                                                               \
     .flags = MB_OPT_REQUIRED,                                                                            \
     .help = "The driver to wrap; \"trace/minio\" wraps a driver that wraps another."},                   \
    {                                                                                                     \
        .name = "*", .type = MB_OPT_STRING, .help = "Every other option is handed to the wrapped driver." \
    }

/* Every slot but open.  What the wrapped driver lacks, its store says in mb_store_info. */
#define SHIM_SLOTS                                                                                        \
    .load = shim_load, .close = shim_close, .check = shim_check, .stat = shim_stat, .get = shim_get,      \
    .put = shim_put, .remove = shim_remove, .list_open = shim_list_open, .list_next = shim_list_next,     \
    .list_close = shim_list_close, .create_bucket = shim_create_bucket, .remove_many = shim_remove_many,  \
    .can_copy = shim_can_copy, .copy = shim_copy, .mpu_begin = shim_mpu_begin, .mpu_part = shim_mpu_part, \
    .mpu_copy_part = shim_mpu_copy_part, .mpu_complete = shim_mpu_complete, .mpu_abort = shim_mpu_abort,  \
    .mpu_list = shim_mpu_list

#endif

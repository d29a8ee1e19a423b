#include "verify/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* So many in a row that no answer comes for, and it is no longer the objects. */
enum { MOST_UNREADABLE = 8 };

static mb_status compare(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    struct verify_run *run = ctx;
    uint32_t recorded = 0;
    char expected[64];
    run->unreadable = 0;
    run->report.read++;
    run->report.read_bytes += object->size;
    if (run->checksums == NULL || !mb_checksums_find(run->checksums, object->key, &recorded)) {
        mb_log(run->verify->catalog.log, MB_LOG_DEBUG, "%s has CRC32C %08x, none was recorded", object->key,
               object->crc32c);
        return MB_OK;
    }
    run->report.compared++;
    if (recorded == object->crc32c)
        return MB_OK;
    snprintf(expected, sizeof(expected), "CRC32C %08x", recorded);
    return mb_faults_note(&run->faults, MB_FAULT_CHECKSUM, object->key, expected, error, "CRC32C %08x",
                          object->crc32c);
}

/* Does it lie with the service, or with us, rather than with the object? */
static bool would_be_said_of_all(mb_status status)
{
    switch (status) {
    case MB_E_UNAUTHENTICATED:
    case MB_E_NO_BUCKET:
    case MB_E_CONFIG:
    case MB_E_INVALID:
    case MB_E_CALLBACK:
        return true;
    default:
        return false;
    }
}

static mb_status note_unreadable(void *ctx, const char *key, const struct mb_error *why,
                                 struct mb_error *error)
{
    struct verify_run *run = ctx;
    if (would_be_said_of_all(why->status) ||
        (mb_status_retryable(why->status) && ++run->unreadable >= MOST_UNREADABLE)) {
        *error = *why;
        return why->status;
    }
    if (why->status == MB_E_NOT_FOUND)
        return mb_faults_note(&run->faults, MB_FAULT_MISSING, key, "an object", error, "%s", why->message);
    if (why->status == MB_E_CORRUPT)
        return mb_faults_note(&run->faults, MB_FAULT_CHECKSUM, key, "the bytes that were written", error,
                              "%s", why->message);
    return mb_faults_note(&run->faults, MB_FAULT_UNREADABLE, key, "an object that can be read", error, "%s",
                          why->message);
}

struct reading {
    struct verify_run *run;
    struct mb_copy *copy;
    struct mb_buf key;
};

static mb_status add(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    struct reading *reading = ctx;
    const struct verify_run *run = reading->run;
    if (!verify_is_to_be_read(run, name))
        return MB_OK;
    mb_buf_reset(&reading->key);
    mb_buf_printf(&reading->key, "%s%s", run->content.folder.prefix, name);
    MB_TRY(mb_buf_status(&reading->key, error));
    return mb_copy_add(reading->copy, reading->key.data, name, size, NULL, NULL, error);
}

static mb_status read_all(struct verify_run *run, struct mb_copy *copy, struct mb_error *error)
{
    struct reading reading = {.run = run, .copy = copy};
    mb_buf_init(&reading.key, (size_t)64 << 10);
    mb_status status = mb_expected_each_seen(run->expected, add, &reading, run->cancel, error);
    mb_buf_done(&reading.key);
    if (status == MB_OK)
        status = mb_copy_finish(copy, error);
    return status;
}

mb_status verify_data(struct verify_run *run, struct mb_error *error)
{
    struct mb_copy_options options = run->verify->copy;
    struct mb_copy *copy = NULL;
    atomic_store(&run->verify->progress->objects_total, run->to_read);
    atomic_store(&run->verify->progress->bytes_total, run->bytes_to_read);
    atomic_store(&run->verify->progress->listed, true);
    options.moved = compare;
    options.unreadable = note_unreadable;
    options.ctx = run;
    options.progress = run->verify->progress;
    options.log = run->verify->catalog.log;
    MB_TRY(mb_copy_open(&copy, run->content.folder.storage, NULL, &options, run->cancel, error));
    mb_status status = read_all(run, copy, error);
    mb_copy_close(copy);
    return status;
}

/* bed.h - what every test of the store starts from.  Included after cmocka.h. */
#ifndef MB_TESTS_STORAGE_BED_H
#define MB_TESTS_STORAGE_BED_H

#include "base/clock.h"

#include "memory.h"
#include "scripted.h"

#include <string.h>

struct bed {
    struct scripted scripted;
    struct mb_storage *storage;
    struct mb_error error;
};

static int make_bed(void **state)
{
    static struct bed bed;
    scripted_init(&bed.scripted);
    bed.storage = scripted_open(&bed.scripted, 0);
    bed.error = MB_ERROR_INIT;
    *state = &bed;
    return 0;
}

static int drop_bed(void **state)
{
    struct bed *bed = *state;
    mb_storage_close(bed->storage);
    scripted_done(&bed->scripted);
    return 0;
}

/* For what is settled when the store is opened. */
static inline void reopen(struct bed *bed, int64_t call_timeout_ns)
{
    mb_storage_close(bed->storage);
    bed->storage = scripted_open(&bed->scripted, call_timeout_ns);
}

static inline void write_text(struct bed *bed, const char *key, const char *text)
{
    if (mb_storage_write(bed->storage, key, text, strlen(text), NULL, NULL, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
}

static inline void expect_text(struct bed *bed, const char *key, const char *text)
{
    struct mb_buf buf;
    mb_buf_init(&buf, 1 << 20);
    if (mb_storage_read_all(bed->storage, key, &buf, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_string_equal(buf.data, text);
    mb_buf_done(&buf);
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, make_bed, drop_bed)

#endif

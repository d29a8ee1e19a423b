/* A backup that is delivered from one folder of a store to another, as far as the way there goes. */
#include "bed.h"

#include "transfer/delivery.h"

#include <string.h>

static struct mb_progress progress;

static void make(struct bed *bed)
{
    const struct mb_catalog from = {.storage = bed->storage, .root = "from"};
    const struct mb_backup backup = {
        .id = "id-1", .name = "b", .milvus_version = "v2.4.1", .format = "", .source_root = "files"};
    if (bed_make(bed, &from, &backup) != MB_OK)
        fail_msg("%s", bed->error.message);
    bed_put(bed, "from/b/binlogs/1", "one");
    bed_put(bed, "from/b/binlogs/2", "two!");
    bed_put(bed, "from/b/meta/objects.jsonl",
            "{\"key\":\"binlogs/1\",\"size\":3}\n{\"key\":\"binlogs/2\",\"size\":4}\n");
}

static struct mb_delivery *begin(struct bed *bed)
{
    struct mb_delivery *delivery = NULL;
    memset(&progress, 0, sizeof(progress));
    const struct mb_transfer what = {.from = {.storage = bed->storage, .root = "from"},
                                     .name = "b",
                                     .copy = {.mode = MB_COPY_STREAMING, .max_concurrency = 1},
                                     .progress = &progress};
    if (mb_delivery_new(&delivery, &what, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    return delivery;
}

static mb_status send_to(struct bed *bed, struct mb_delivery *delivery, struct mb_storage *storage)
{
    const struct mb_catalog to = {.storage = storage, .root = "volume/1"};
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    mb_error_clear(&bed->error);
    mb_status status = mb_delivery_send(delivery, &to, cancel, &bed->error);
    mb_cancel_free(cancel);
    return status;
}

/* The same folder by a driver of which some slots are others. */
static struct mb_storage *beside(struct bed *bed, const struct mb_storage_plugin *driver)
{
    const struct mb_kv root = {"root", bed->root};
    struct mb_storage *storage = NULL;
    if (mb_storage_open_plugin(&storage, driver, &root, 1, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    return storage;
}

static void it_arrives_without_a_record(void **state)
{
    struct bed *bed = *state;
    make(bed);
    struct mb_delivery *delivery = begin(bed);
    assert_string_equal(mb_delivery_backup_id(delivery), "id-1");
    assert_int_equal(mb_delivery_bytes(delivery), 7);
    assert_int_equal(mb_delivery_objects(delivery), bed_count(bed, "from/b/"));
    if (send_to(bed, delivery, bed->storage) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(bed_count(bed, "volume/1/b/"), bed_count(bed, "from/b/"));
    assert_null(bed_get(bed, "volume/1/b/meta/in_progress.json"));
    assert_string_equal(bed_get(bed, "volume/1/b/binlogs/2"), "two!");
    assert_int_equal(mb_delivery_report(delivery)->objects, bed_count(bed, "from/b/"));
    assert_int_equal(mb_delivery_arrived(delivery), 2);
    mb_delivery_free(delivery);
}

static unsigned puts_left;

static mb_status put_a_few(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                           const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    bool data = strstr(key, "/binlogs/") != NULL;
    if (data && puts_left == 0)
        return mb_fail(call->error, MB_E_UNAUTHENTICATED, "the token has expired");
    puts_left -= data;
    return mb_storage_plugin_entry()->put(store, key, opts, source, out, call);
}

static void what_has_arrived_is_not_sent_again(void **state)
{
    struct bed *bed = *state;
    struct mb_storage_plugin driver = *mb_storage_plugin_entry();
    make(bed);
    struct mb_delivery *delivery = begin(bed);
    driver.put = put_a_few;
    driver.mpu_begin = NULL;
    driver.mpu_part = NULL;
    driver.mpu_complete = NULL;
    driver.mpu_abort = NULL;
    driver.mpu_list = NULL;
    driver.mpu_copy_part = NULL;
    puts_left = 1;
    struct mb_storage *storage = beside(bed, &driver);
    assert_int_equal(send_to(bed, delivery, storage), MB_E_UNAUTHENTICATED);
    mb_storage_close(storage);
    assert_int_equal(mb_delivery_arrived(delivery), 1);
    assert_null(bed_get(bed, "volume/1/b/meta/backup_meta.json"));

    if (send_to(bed, delivery, bed->storage) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(mb_delivery_arrived(delivery), 2);
    assert_int_equal(mb_delivery_report(delivery)->present, 1);
    assert_int_equal(bed_count(bed, "volume/1/b/"), bed_count(bed, "from/b/"));
    mb_delivery_free(delivery);
}

static void what_is_no_part_of_it_is_not_removed(void **state)
{
    struct bed *bed = *state;
    make(bed);
    bed_put(bed, "volume/1/b/binlogs/9", "theirs");
    struct mb_delivery *delivery = begin(bed);
    assert_int_equal(send_to(bed, delivery, bed->storage), MB_E_EXISTS);
    assert_non_null(strstr(bed->error.message, "volume/1/b/binlogs/9"));
    assert_string_equal(bed_get(bed, "volume/1/b/binlogs/9"), "theirs");
    assert_null(bed_get(bed, "volume/1/b/meta/backup_meta.json"));
    mb_delivery_free(delivery);
}

static mb_status may_not_read(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                              const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    (void)store, (void)key, (void)opts, (void)sink, (void)out;
    return mb_fail(call->error, MB_E_FORBIDDEN, "this credential may not read");
}

static mb_status may_not_look(struct mb_store *store, const char *key, struct mb_stat *out,
                              const struct mb_call *call)
{
    (void)store, (void)key, (void)out;
    return mb_fail(call->error, MB_E_FORBIDDEN, "this credential may not look");
}

static mb_status may_not_list_uploads(struct mb_store *store, const char *prefix,
                                      mb_status (*found)(void *ctx, const struct mb_upload *upload),
                                      void *ctx, const struct mb_call *call)
{
    (void)store, (void)prefix, (void)found, (void)ctx;
    return mb_fail(call->error, MB_E_FORBIDDEN, "this credential may not list uploads");
}

static mb_status may_not_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    (void)store, (void)key;
    return mb_fail(call->error, MB_E_FORBIDDEN, "this credential may not remove");
}

static void putting_and_listing_suffice(void **state)
{
    struct bed *bed = *state;
    struct mb_storage_plugin driver = *mb_storage_plugin_entry();
    make(bed);
    struct mb_delivery *delivery = begin(bed);
    driver.get = may_not_read;
    driver.stat = may_not_look;
    driver.mpu_list = may_not_list_uploads;
    driver.remove = may_not_remove;
    driver.remove_many = NULL;
    struct mb_storage *storage = beside(bed, &driver);
    if (send_to(bed, delivery, storage) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(bed_count(bed, "volume/1/b/"), bed_count(bed, "from/b/"));
    mb_storage_close(storage);
    mb_delivery_free(delivery);
}

static void a_backup_that_is_not_there(void **state)
{
    struct bed *bed = *state;
    struct mb_delivery *delivery = NULL;
    memset(&progress, 0, sizeof(progress));
    const struct mb_transfer what = {
        .from = {.storage = bed->storage, .root = "from"}, .name = "b", .progress = &progress};
    assert_int_equal(mb_delivery_new(&delivery, &what, NULL, &bed->error), MB_E_NOT_FOUND);
    assert_null(delivery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(it_arrives_without_a_record),          BED_TEST(what_has_arrived_is_not_sent_again),
        BED_TEST(what_is_no_part_of_it_is_not_removed), BED_TEST(putting_and_listing_suffice),
        BED_TEST(a_backup_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

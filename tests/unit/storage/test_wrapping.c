#include "storage/options.h"
#include "storage/store.h"

#include "memory.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mb_drivers *drivers;

static int make_drivers(void **state)
{
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_drivers_options options = {.plugin_dir = MB_TEST_PLUGINS};
    (void)state;
    return mb_drivers_new(&drivers, &options, &error);
}

static int drop_drivers(void **state)
{
    (void)state;
    mb_drivers_free(drivers);
    return 0;
}

static mb_status open_wrapper(struct mb_storage **out, const char *over, const char *key, const char *value,
                              struct mb_error *error)
{
    const struct mb_kv config[] = {{key, value}, {"over", over}};
    return mb_storage_open(out, drivers, "wrapper", config, 2, NULL, error);
}

static void expect_refused(const char *over, const char *key, const char *value, const char *message)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *storage = NULL;
    assert_int_equal(open_wrapper(&storage, over, key, value, &error), MB_E_CONFIG);
    assert_non_null(strstr(error.message, message));
    assert_null(storage);
}

static void test_a_driver_opens_another(void **state)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *storage = NULL;
    (void)state;
    if (open_wrapper(&storage, "memory", "realm", "here", &error) != MB_OK)
        fail_msg("%s", error.message);
    assert_string_equal(mb_storage_info(storage)->realm, "here");
    assert_string_equal(mb_storage_info(storage)->location, "wrapped memory");
    assert_int_equal(mb_storage_write(storage, "k", "v", 1, NULL, NULL, NULL, &error), MB_OK);
    mb_storage_close(storage);
}

static struct mb_drivers *more_drivers(void)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_drivers *more = NULL;
    const struct mb_drivers_options options = {.plugin_dir = MB_TEST_PLUGINS};
    assert_int_equal(mb_drivers_new(&more, &options, &error), MB_OK);
    return more;
}

/* The module is the process', but each session has drivers of its own. */
static void test_sessions_come_and_go_in_any_order(void **state)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *first = NULL, *second = NULL, *third = NULL;
    const struct mb_kv config[] = {{"realm", "here"}, {"over", "memory"}};
    (void)state;
    struct mb_drivers *later = more_drivers();
    assert_int_equal(open_wrapper(&first, "memory", "realm", "here", &error), MB_OK);
    assert_int_equal(mb_storage_open(&second, later, "wrapper", config, 2, NULL, &error), MB_OK);
    mb_storage_close(second);
    mb_drivers_free(later);
    assert_int_equal(mb_storage_write(first, "k", "v", 1, NULL, NULL, NULL, &error), MB_OK);
    if (open_wrapper(&third, "memory", "realm", "here", &error) != MB_OK)
        fail_msg("%s", error.message);
    mb_storage_close(first);
    mb_storage_close(third);
}

static void test_the_wrapped_driver_is_checked_as_any(void **state)
{
    (void)state;
    expect_refused("nowhere", "realm", "here", "storage driver \"nowhere\" not found: no nowhere.so in ");
    expect_refused("memory", "reaml", "here",
                   "storage driver \"memory\": there is no option \"reaml\", did you mean \"realm\"?");
    expect_refused("memory", "pageSize", "many",
                   "storage driver \"memory\": option \"pageSize\": \"many\" is not a whole number");
    expect_refused("short-table", "realm", "here", "short-table.so: its table has 200 bytes");
}

static void test_a_circle_comes_to_an_end(void **state)
{
    (void)state;
    expect_refused("wrapper", "realm", "here",
                   "storage drivers wrap each other more than 8 deep: do they go in a circle?");
}

static void test_a_serial_driver_can_be_wrapped(void **state)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *serial = NULL, *storage = NULL;
    (void)state;
    assert_int_equal(mb_storage_open(&serial, drivers, "serial", NULL, 0, NULL, &error), MB_OK);
    assert_int_equal(open_wrapper(&storage, "serial", "realm", "here", &error), MB_OK);
    assert_int_equal(mb_storage_write(serial, "k", "v", 1, NULL, NULL, NULL, &error), MB_OK);
    mb_storage_close(storage);
    mb_storage_close(serial);
}

static void test_keys_that_are_not_in_the_table(void **state)
{
    static const struct mb_option rows[] = {
        {.name = "own", .type = MB_OPT_BOOL, .def = "false"},
        {.name = "*", .type = MB_OPT_STRING},
    };
    const struct mb_storage_plugin plugin = {
        .name = "open", .options = rows, .option_count = 2, .option_size = sizeof(rows[0])};
    const struct mb_kv config[] = {{"b", "1"}, {"own", "T"}, {"a.key", "x=y"}, {"empty", ""}};
    const struct mb_kv twice[] = {{"b", "1"}, {"b", "2"}};
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = MB_ERROR_INIT;
    struct mb_kv *pairs = NULL;
    size_t count = 0;
    (void)state;
    assert_int_equal(mb_options_resolve(&plugin, config, 4, NULL, arena, &pairs, &count, &error), MB_OK);
    assert_int_equal(count, 3);
    assert_string_equal(pairs[0].key, "own");
    assert_string_equal(pairs[0].value, "true");
    assert_string_equal(pairs[1].key, "b");
    assert_string_equal(pairs[1].value, "1");
    assert_string_equal(pairs[2].key, "a.key");
    assert_string_equal(pairs[2].value, "x=y");
    assert_int_equal(mb_options_resolve(&plugin, twice, 2, NULL, arena, &pairs, &count, &error), MB_E_CONFIG);
    assert_string_equal(error.message, "storage driver \"open\": option \"b\" is given twice");
    mb_arena_free(arena);
}

static uint64_t lacks;

static mb_status open_lacking(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                              size_t count, const struct mb_call *call)
{
    info->lacks = lacks;
    return memory_plugin.open(out, info, config, count, call);
}

static mb_status refuse_many(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                             const struct mb_call *call)
{
    (void)store, (void)keys, (void)count, (void)done;
    return mb_fail(call->error, MB_E_INTERNAL, "not to be called");
}

static struct mb_storage *open_without(uint64_t what)
{
    static struct mb_storage_plugin table;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *storage = NULL;
    table = memory_plugin;
    table.open = open_lacking;
    table.remove_many = refuse_many;
    lacks = what;
    assert_int_equal(mb_storage_open_plugin(&storage, &table, NULL, 0, NULL, &error), MB_OK);
    return storage;
}

static void test_what_a_store_lacks_is_not_called(void **state)
{
    static const char *const keys[] = {"a", "b"};
    struct mb_error error = MB_ERROR_INIT;
    (void)state;
    struct mb_storage *storage = open_without(MB_LACKS_REMOVE_MANY | MB_LACKS_COPY | MB_LACKS_PART_COPY);
    assert_int_equal(mb_storage_remove_many(storage, keys, 2, NULL, &error), MB_OK);
    assert_false(mb_storage_can_copy(storage, storage));
    assert_true(mb_storage_has_multipart(storage));
    assert_false(mb_storage_has_part_copy(storage));
    mb_storage_close(storage);

    storage = open_without(MB_LACKS_MULTIPART | MB_LACKS_CREATE_BUCKET);
    assert_true(mb_storage_can_copy(storage, storage));
    assert_false(mb_storage_has_multipart(storage));
    assert_int_equal(mb_storage_create_bucket(storage, NULL, &error), MB_E_UNSUPPORTED);
    assert_int_equal(mb_storage_abort_uploads(storage, "p", NULL, NULL, &error), MB_OK);
    assert_int_equal(mb_storage_remove_many(storage, keys, 2, NULL, &error), MB_E_INTERNAL);
    mb_storage_close(storage);
}

static void test_slots_without(void **state)
{
    struct mb_storage_plugin slots = memory_plugin;
    (void)state;
    mb_driver_slots_without(&slots, 0);
    assert_memory_equal(&slots, &memory_plugin, sizeof(slots));
    mb_driver_slots_without(&slots, MB_LACKS_PARALLEL);
    assert_int_equal(slots.thread_model, MB_THREADS_PER_STORE);
    mb_driver_slots_without(&slots, MB_LACKS_THREADS | MB_LACKS_UPLOAD_LIST);
    assert_int_equal(slots.thread_model, MB_THREADS_SERIAL);
    assert_null(slots.mpu_list);
    assert_non_null(slots.mpu_abort);
    mb_driver_slots_without(&slots, MB_LACKS_PARALLEL | MB_LACKS_MULTIPART);
    assert_int_equal(slots.thread_model, MB_THREADS_SERIAL);
    assert_null(slots.mpu_abort);
    assert_null(slots.mpu_copy_part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_driver_opens_another),
        cmocka_unit_test(test_sessions_come_and_go_in_any_order),
        cmocka_unit_test(test_the_wrapped_driver_is_checked_as_any),
        cmocka_unit_test(test_a_circle_comes_to_an_end),
        cmocka_unit_test(test_a_serial_driver_can_be_wrapped),
        cmocka_unit_test(test_keys_that_are_not_in_the_table),
        cmocka_unit_test(test_what_a_store_lacks_is_not_called),
        cmocka_unit_test(test_slots_without),
    };
    return cmocka_run_group_tests(tests, make_drivers, drop_drivers);
}

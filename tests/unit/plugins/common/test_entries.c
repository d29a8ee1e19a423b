#include "test.h"

#include "common/call.h"
#include "common/entries.h"

static void add(struct mb_entries *page, const char *key, size_t len, const char *etag, uint32_t flags)
{
    struct mb_error error = MB_TEST_ERROR;
    const struct mb_entry entry = {.key = key, .size = len, .etag = etag, .flags = flags};
    assert_int_equal(mb_entries_add(page, &entry, len, &error), MB_OK);
}

static void keeps_strings_that_move(void **state)
{
    (void)state;
    char key[] = "b/1234";
    struct mb_page out = {.struct_size = sizeof(out)};
    struct mb_entries page;
    mb_entries_init(&page, 1 << 20);
    add(&page, key, 2, NULL, MB_ENTRY_PREFIX);
    add(&page, key, 6, "x", 0);
    memset(key, '-', 6);
    for (size_t i = 0; i < 500; i++)
        add(&page, "c", 1, "an etag", 0);
    add(&page, "a", 1, "y", 0);
    mb_entries_finish(&page);
    assert_string_equal(page.items[0].key, "b/");
    assert_string_equal(page.items[0].etag, "");
    assert_string_equal(page.items[1].key, "b/1234");
    assert_string_equal(page.items[1].etag, "x");
    mb_entries_sort(&page);
    mb_entries_give(&page, NULL, &out);
    const struct mb_entry *first = out.entries;
    assert_int_equal(out.count, 503);
    assert_int_equal(out.entry_size, sizeof(*first));
    assert_string_equal(first->key, "a");
    assert_string_equal(first->etag, "y");
    mb_entries_reset(&page);
    add(&page, "z", 1, NULL, 0);
    mb_entries_finish(&page);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.items[0].key, "z");
    mb_entries_done(&page);
}

static void has_a_ceiling(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_entries page;
    const struct mb_entry entry = {.key = "a-long-key"};
    mb_entries_init(&page, 15);
    assert_int_equal(mb_entries_add(&page, &entry, 10, &error), MB_OK);
    assert_int_equal(mb_entries_add(&page, &entry, 10, &error), MB_E_INVALID);
    assert_int_equal(page.count, 1);
    mb_entries_done(&page);
}

/* What lies behind an older host's struct is not ours. */
static void writes_what_the_owner_knows(void **state)
{
    (void)state;
    struct mb_stat out = {.struct_size = offsetof(struct mb_stat, crc32c), .crc32c = 7};
    const struct mb_stat stat = {.struct_size = sizeof(stat), .size = 5, .etag = "e", .crc32c = 1};
    mb_stat_write(&out, &stat);
    assert_int_equal(out.struct_size, offsetof(struct mb_stat, crc32c));
    assert_int_equal(out.size, 5);
    assert_string_equal(out.etag, "e");
    assert_int_equal(out.crc32c, 7);
    mb_stat_write(NULL, &stat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_strings_that_move),
        cmocka_unit_test(has_a_ceiling),
        cmocka_unit_test(writes_what_the_owner_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

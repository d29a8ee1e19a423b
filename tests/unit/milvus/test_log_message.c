#include "milvus/log_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const channels[] = {"dml_1_vcchan", "dml_0_449v0", "dml_1_449v1"};

static Pb__CommitImportHeader header(void)
{
    Pb__CommitImportHeader commit = PB__COMMIT_IMPORT_HEADER__INIT;
    commit.collection_id = 449;
    commit.job_id = 77;
    return commit;
}

static const char *property(const Pb__LogMessage *message, const char *key)
{
    for (size_t i = 0; i < message->n_properties; i++)
        if (strcmp(message->properties[i]->key, key) == 0)
            return message->properties[i]->value;
    return NULL;
}

static struct mb_bytes pack(struct mb_arena *arena, size_t which, uint64_t tick)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_bytes bytes;
    const Pb__CommitImportHeader commit = header();
    const struct mb_log_message message = {
        .type = MB_LOG_COMMIT_IMPORT,
        .version = 2,
        .header = &commit.base,
        .channels = channels,
        .channel_count = 3,
        .holds = {{MB_LOG_HOLDS_DATABASE, "db", true}, {MB_LOG_HOLDS_COLLECTION, "db:c", false}}};
    assert_int_equal(mb_log_message_pack(&message, which, 35, tick, arena, &bytes, &error), MB_OK);
    return bytes;
}

static void test_a_copy_says_what_it_is(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_bytes bytes = pack(arena, 1, 36);
    (void)state;
    Pb__LogMessage *read = pb__log_message__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(read);
    assert_string_equal(read->id->id, "10");
    assert_int_equal(read->id->log_name, 3);
    assert_int_equal(read->payload.len, 0);
    assert_int_equal(read->n_properties, 7);
    assert_string_equal(property(read, "_t"), "45");
    assert_string_equal(property(read, "_v"), "2");
    assert_string_equal(property(read, "_vc"), "dml_0_449v0");
    assert_string_equal(property(read, "_tt"), "10");
    assert_string_equal(property(read, "_lc"), "36");
    assert_string_equal(property(read, "_h"), "CMEDEE0="); /* 1: 449, 2: 77 */
    pb__log_message__free_unpacked(read, NULL);
    mb_arena_free(arena);
}

static void test_copies_share_what_they_are_about(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_bytes a = pack(arena, 0, 1), b = pack(arena, 2, 2);
    (void)state;
    Pb__LogMessage *x = pb__log_message__unpack(NULL, a.len, a.data);
    Pb__LogMessage *y = pb__log_message__unpack(NULL, b.len, b.data);
    assert_string_equal(property(x, "_bh"), property(y, "_bh"));
    assert_string_equal(property(x, "_h"), property(y, "_h"));
    assert_string_not_equal(property(x, "_vc"), property(y, "_vc"));
    assert_string_not_equal(property(x, "_tt"), property(y, "_tt"));
    pb__log_message__free_unpacked(x, NULL);
    pb__log_message__free_unpacked(y, NULL);
    mb_arena_free(arena);
}

static void test_ticks_are_read_back(void **state)
{
    static const uint64_t ticks[] = {1, 35, 36, 1295, UINT64_C(461168601842738790), UINT64_MAX};
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = MB_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        struct mb_bytes bytes = pack(arena, 0, ticks[i]);
        uint64_t read = 0;
        assert_int_equal(mb_log_message_tick(&bytes, &read, &error), MB_OK);
        assert_true(read == ticks[i]);
    }
    mb_arena_free(arena);
}

static void test_what_tells_no_tick_is_no_message(void **state)
{
    static const uint8_t none[] = {0x12, 0x01, 'x'}, torn[] = {0x1a, 0x7f, 'x'};
    const struct mb_bytes bad[] = {{none, sizeof none}, {torn, sizeof torn}, {NULL, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mb_error error = MB_ERROR_INIT;
        uint64_t tick = 4;
        assert_int_equal(mb_log_message_tick(&bad[i], &tick, &error), MB_E_CORRUPT);
        assert_true(tick == 4);
    }
}

static void test_physical_channels(void **state)
{
    static const struct {
        const char *channel, *physical;
    } cases[] = {{"dml_3_449v0", "dml_3"},
                 {"a_b_c-rootcoord-dml_12_461168601842738790v1", "a_b_c-rootcoord-dml_12"},
                 {"dml_0_vcchan", "dml_0"},
                 {"plain", "plain"}};
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(mb_log_physical_channel(cases[i].channel, arena), cases[i].physical);
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_says_what_it_is),
        cmocka_unit_test(test_copies_share_what_they_are_about),
        cmocka_unit_test(test_ticks_are_read_back),
        cmocka_unit_test(test_what_tells_no_tick_is_no_message),
        cmocka_unit_test(test_physical_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

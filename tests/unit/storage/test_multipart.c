#include "storage/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

static struct scripted_step step(enum scripted_kind kind, mb_status status)
{
    return (struct scripted_step){.kind = kind, .status = status, .message = "scripted"};
}

static void begin(struct bed *bed, const char *key, char id[64])
{
    if (mb_storage_upload_begin(bed->storage, key, id, 64, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
}

static struct mb_part store_part(struct bed *bed, const char *id, uint32_t number, const char *text)
{
    struct mb_part part = {0};
    if (mb_storage_upload_part(bed->storage, "big", id, number, text, strlen(text), NULL, &part, NULL,
                               &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    return part;
}

static void test_parts_become_an_object(void **state)
{
    struct bed *bed = *state;
    char id[64] = "";
    struct mb_stat stat = {0};
    assert_true(mb_storage_has_multipart(bed->storage) && mb_storage_has_part_copy(bed->storage));
    write_text(bed, "source", "0123456789");
    begin(bed, "big", id);
    scripted_fail(&bed->scripted, MB_OP_MPU_PART, MB_E_UNAVAILABLE, "reset");
    scripted_next(&bed->scripted, MB_OP_MPU_PART, step(SCRIPTED_FAIL_AFTER, MB_E_TIMEOUT));
    struct mb_part parts[3] = {[2] = store_part(bed, id, 3, "tail")};
    parts[0] = store_part(bed, id, 1, "head");
    assert_int_equal(mb_storage_upload_copy_part(bed->storage, "big", id, 2, bed->storage, "source", 3, 4,
                                                 &parts[1], NULL, &bed->error),
                     MB_OK);
    assert_int_equal(parts[1].size, 4);
    assert_int_equal(mb_storage_upload_complete(bed->storage, "big", id, parts, 3, &stat, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(stat.size, 12);
    expect_text(bed, "big", "head3456tail");
}

static mb_status complete(struct bed *bed, const char *id, const struct mb_part *part, struct mb_stat *stat)
{
    return mb_storage_upload_complete(bed->storage, "big", id, part, 1, stat, NULL, &bed->error);
}

/* The first complete takes effect and its answer is lost; what the service says of the upload that is gone
 * then is a matter of taste. */
static void test_complete_that_was_done_already(void **state)
{
    struct bed *bed = *state;
    static const mb_status answers[] = {MB_OK, MB_E_FORBIDDEN, MB_E_INVALID, MB_E_EXISTS, MB_E_UNSUPPORTED};
    static const char *const texts[] = {"head", "tail", "heal", "teal", "hail"}; /* of one size */
    for (size_t i = 0; i < 5; i++) {
        char id[64] = "";
        struct mb_stat stat = {0};
        begin(bed, "big", id);
        struct mb_part part = store_part(bed, id, 1, texts[i]);
        scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
        if (answers[i] != MB_OK)
            scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, step(SCRIPTED_FAIL, answers[i]));
        assert_int_equal(complete(bed, id, &part, &stat), MB_OK);
        assert_int_equal(stat.size, 4);
        expect_text(bed, "big", texts[i]);
    }
}

static void test_complete_whose_only_answer_was_lost(void **state)
{
    struct bed *bed = *state;
    char id[64] = "";
    begin(bed, "big", id);
    struct mb_part part = store_part(bed, id, 1, "head");
    struct scripted_step lost = step(SCRIPTED_FAIL_AFTER, MB_E_PROTOCOL);
    scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, lost);
    assert_int_equal(complete(bed, id, &part, NULL),
                     MB_E_PROTOCOL); /* it does not say that it may have worked */
    begin(bed, "big", id);
    part = store_part(bed, id, 1, "tail");
    lost.flags = MB_ERR_AMBIGUOUS;
    scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, lost);
    assert_int_equal(complete(bed, id, &part, NULL), MB_OK);
}

static void test_complete_of_an_upload_that_is_gone(void **state)
{
    struct bed *bed = *state;
    struct mb_part part = {.number = 1, .size = 4};
    assert_int_equal(complete(bed, "u9", &part, NULL), MB_E_NOT_FOUND);
    scripted_fail(&bed->scripted, MB_OP_MPU_COMPLETE, MB_E_UNAVAILABLE, "reset");
    assert_int_equal(complete(bed, "u9", &part, NULL), MB_E_NOT_FOUND);
    assert_string_equal(bed->error.message,
                        "upload-complete memory://m/big: 404 NoSuchUpload (2 attempts; before: 1 x reset)");
}

/* The size of an object says nothing about who made it. */
static void test_what_lay_there_before_is_not_ours(void **state)
{
    struct bed *bed = *state;
    struct mb_part part = {.number = 1, .size = 4};
    static const mb_status answers[] = {MB_E_NOT_FOUND, MB_E_FORBIDDEN, MB_E_INVALID};
    write_text(bed, "big", "head");
    for (size_t i = 0; i < 3; i++) {
        scripted_fail(&bed->scripted, MB_OP_MPU_COMPLETE, MB_E_TIMEOUT, "late");
        scripted_fail(&bed->scripted, MB_OP_MPU_COMPLETE, answers[i], "no");
        assert_int_equal(complete(bed, "u9", &part, NULL), answers[i]);
    }
}

static void test_nobody_knows_what_lay_there_before(void **state)
{
    struct bed *bed = *state;
    char id[64] = "";
    begin(bed, "big", id);
    struct mb_part part = store_part(bed, id, 1, "head");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_FORBIDDEN, "403");
    scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
    assert_int_equal(complete(bed, id, &part, NULL), MB_E_NOT_FOUND);
}

/* A disk that cannot keep what it took says so also of an object that can be seen. */
static void test_a_failure_of_the_store_itself_stays_one(void **state)
{
    struct bed *bed = *state;
    static const mb_status answers[] = {MB_E_NO_SPACE, MB_E_INTERNAL, MB_E_NO_MEMORY};
    char id[64] = "";
    for (size_t i = 0; i < 3; i++) {
        begin(bed, "big", id);
        struct mb_part part = store_part(bed, id, 1, "head");
        scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
        scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE, step(SCRIPTED_FAIL, answers[i]));
        assert_int_equal(complete(bed, id, &part, NULL), answers[i]);
    }
    begin(bed, "big", id);
    struct mb_part part = store_part(bed, id, 1, "head");
    for (int i = 0; i < 4; i++)
        scripted_next(&bed->scripted, MB_OP_MPU_COMPLETE,
                      step(i == 0 ? SCRIPTED_FAIL_AFTER : SCRIPTED_FAIL, MB_E_UNAVAILABLE));
    assert_int_equal(complete(bed, id, &part, NULL), MB_E_UNAVAILABLE);
}

static void test_abort_runs_under_its_own_call(void **state)
{
    struct bed *bed = *state;
    char id[64] = "";
    begin(bed, "big", id);
    scripted_fail(&bed->scripted, MB_OP_MPU_ABORT, MB_E_UNAVAILABLE, "reset");
    assert_int_equal(mb_storage_upload_abort(bed->storage, "big", id, &bed->error), MB_OK);
    assert_int_equal(memory_upload_count(bed->scripted.store), 0);
    int64_t left = bed->scripted.deadline_ns - mb_clock_monotonic();
    assert_true(left > 0 && left <= 30 * MB_NS_PER_S);
    assert_int_equal(mb_storage_upload_abort(bed->storage, "big", id, &bed->error), MB_OK);
}

static void test_bugs_of_the_driver(void **state)
{
    struct bed *bed = *state;
    char id[64] = "kept";
    struct mb_part part = {.number = 77};
    scripted_next(&bed->scripted, MB_OP_MPU_BEGIN, step(SCRIPTED_LIE, MB_OK));
    assert_int_equal(mb_storage_upload_begin(bed->storage, "big", id, sizeof(id), NULL, &bed->error),
                     MB_E_INTERNAL);
    assert_non_null(strstr(bed->error.message, "an upload was begun without an id that fits 64 bytes"));
    assert_string_equal(id, "kept");
    begin(bed, "big", id);
    scripted_next(&bed->scripted, MB_OP_MPU_PART, step(SCRIPTED_LIE, MB_OK));
    assert_int_equal(
        mb_storage_upload_part(bed->storage, "big", id, 1, "abc", 3, NULL, &part, NULL, &bed->error),
        MB_E_INTERNAL);
    assert_non_null(strstr(bed->error.message, "part 1 of 3 bytes was stored as part 2 of 3"));
    scripted_next(&bed->scripted, MB_OP_MPU_PART, step(SCRIPTED_SHORT, MB_OK));
    assert_int_equal(
        mb_storage_upload_part(bed->storage, "big", id, 1, "abc", 3, NULL, &part, NULL, &bed->error),
        MB_E_INTERNAL);
    assert_non_null(strstr(bed->error.message, "it reports success and has read 0 of 3 bytes"));
    assert_int_equal(part.number, 77);
}

static void test_a_driver_without_uploads(void **state)
{
    struct bed *bed = *state;
    char id[64] = "";
    uint64_t aborted = 77;
    bed->scripted.table.mpu_begin = NULL;
    assert_false(mb_storage_has_multipart(bed->storage) || mb_storage_has_part_copy(bed->storage));
    assert_int_equal(mb_storage_upload_begin(bed->storage, "big", id, sizeof(id), NULL, &bed->error),
                     MB_E_UNSUPPORTED);
    assert_string_equal(bed->error.message, "storage driver \"scripted\" takes no uploads in parts");
    assert_int_equal(mb_storage_abort_uploads(bed->storage, "", &aborted, NULL, &bed->error), MB_OK);
    assert_int_equal(aborted, 0);
}

static void test_an_upload_whose_answer_was_lost_is_not_left(void **state)
{
    struct bed *bed = *state;
    char other[64], id[64] = "";
    begin(bed, "big/other", other);
    scripted_next(&bed->scripted, MB_OP_MPU_BEGIN, step(SCRIPTED_FAIL_AFTER, MB_E_TIMEOUT));
    begin(bed, "big", id);
    assert_int_equal(memory_upload_count(bed->scripted.store), 2);
    store_part(bed, id, 1, "the upload that was told is still there");

    static const struct scripted_step strange[] = {
        {.kind = SCRIPTED_FAIL_AFTER, .status = MB_E_PROTOCOL, .message = "no id"},
        {.kind = SCRIPTED_FAIL_AFTER, .status = MB_E_FORBIDDEN, .flags = MB_ERR_AMBIGUOUS, .message = "no"},
    };
    for (int i = 0; i < 2; i++) {
        scripted_next(&bed->scripted, MB_OP_MPU_BEGIN, strange[i]);
        assert_int_equal(mb_storage_upload_begin(bed->storage, "big3", id, sizeof(id), NULL, &bed->error),
                         strange[i].status);
        assert_int_equal(memory_upload_count(bed->scripted.store), 2);
    }
    for (int i = 0; i < 10; i++) /* more than there are attempts */
        scripted_next(&bed->scripted, MB_OP_MPU_BEGIN, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
    assert_int_equal(mb_storage_upload_begin(bed->storage, "big2", id, sizeof(id), NULL, &bed->error),
                     MB_E_UNAVAILABLE);
    assert_int_equal(memory_upload_count(bed->scripted.store), 2);
}

static void test_the_answer_to_begin_is_waited_for(void **state)
{
    struct bed *bed = *state;
    char id[64] = "";
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    bed->scripted.cancel_at_call = cancel;
    scripted_next(&bed->scripted, MB_OP_MPU_BEGIN, step(SCRIPTED_SLOW, MB_OK));
    assert_int_equal(mb_storage_upload_begin(bed->storage, "big", id, sizeof(id), cancel, &bed->error),
                     MB_OK);
    assert_true(mb_cancel_requested(cancel));
    assert_int_equal(mb_storage_upload_abort(bed->storage, "big", id, &bed->error), MB_OK);
    assert_int_equal(memory_upload_count(bed->scripted.store), 0);
    bed->scripted.cancel_at_call = NULL;
    mb_cancel_free(cancel);
}

static void test_unfinished_uploads_below_a_prefix(void **state)
{
    struct bed *bed = *state;
    char id[64];
    uint64_t aborted = 0;
    begin(bed, "mine/a", id);
    begin(bed, "mine/b", id);
    begin(bed, "theirs/c", id);
    begin(bed, "mine", id);
    scripted_next(&bed->scripted, MB_OP_MPU_LIST, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
    assert_int_equal(mb_storage_abort_uploads(bed->storage, "mine/", &aborted, NULL, &bed->error), MB_OK);
    assert_int_equal(aborted, 2);
    assert_int_equal(memory_upload_count(bed->scripted.store), 2);
    scripted_fail(&bed->scripted, MB_OP_MPU_LIST, MB_E_UNSUPPORTED, "501");
    assert_int_equal(mb_storage_abort_uploads(bed->storage, "", &aborted, NULL, &bed->error), MB_OK);
    assert_int_equal(aborted, 0);
    scripted_fail(&bed->scripted, MB_OP_MPU_LIST, MB_E_FORBIDDEN, "403");
    assert_int_equal(mb_storage_abort_uploads(bed->storage, "mine/", NULL, NULL, &bed->error),
                     MB_E_FORBIDDEN);
    assert_string_equal(bed->error.message, "upload-list memory://m/mine/: 403");
}

static void test_remove_prefix_takes_uploads_too(void **state)
{
    struct bed *bed = *state;
    char id[64];
    uint64_t removed = 0;
    static const char *const keys[] = {"a/1", "a/2", "a/3", "a/4", "a/5", "a/6/7", "ab", "b/1"};
    for (size_t i = 0; i < 8; i++)
        write_text(bed, keys[i], "v");
    begin(bed, "a/8", id);
    begin(bed, "b/8", id);
    assert_int_equal(mb_storage_remove_prefix(bed->storage, "a/", &removed, NULL, &bed->error), MB_OK);
    assert_int_equal(removed, 6);
    assert_int_equal(memory_object_count(bed->scripted.store), 2);
    assert_int_equal(memory_upload_count(bed->scripted.store), 1);
    assert_int_equal(mb_storage_remove_prefix(bed->storage, "a/", &removed, NULL, &bed->error), MB_OK);
    assert_int_equal(removed, 0);
    assert_int_equal(mb_storage_remove_prefix(bed->storage, "", &removed, NULL, &bed->error), MB_E_INVALID);
    assert_int_equal(memory_object_count(bed->scripted.store), 2);
}

static mb_status remove_nothing(struct mb_store *store, const char *key, const struct mb_call *call)
{
    (void)store, (void)key, (void)call;
    return MB_OK;
}

static void test_remove_prefix_does_not_run_for_ever(void **state)
{
    struct bed *bed = *state;
    uint64_t removed = 77;
    write_text(bed, "a/1", "v");
    bed->scripted.table.remove_many = NULL;
    bed->scripted.table.remove = remove_nothing;
    assert_int_equal(mb_storage_remove_prefix(bed->storage, "a/", &removed, NULL, &bed->error),
                     MB_E_UNAVAILABLE);
    assert_string_equal(bed->error.message,
                        "remove memory://m/a/: objects are still listed after they were removed 5 times");
    assert_int_equal(removed, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(test_parts_become_an_object),
        WITH_BED(test_complete_that_was_done_already),
        WITH_BED(test_complete_whose_only_answer_was_lost),
        WITH_BED(test_complete_of_an_upload_that_is_gone),
        WITH_BED(test_what_lay_there_before_is_not_ours),
        WITH_BED(test_nobody_knows_what_lay_there_before),
        WITH_BED(test_a_failure_of_the_store_itself_stays_one),
        WITH_BED(test_abort_runs_under_its_own_call),
        WITH_BED(test_an_upload_whose_answer_was_lost_is_not_left),
        WITH_BED(test_the_answer_to_begin_is_waited_for),
        WITH_BED(test_bugs_of_the_driver),
        WITH_BED(test_a_driver_without_uploads),
        WITH_BED(test_unfinished_uploads_below_a_prefix),
        WITH_BED(test_remove_prefix_takes_uploads_too),
        WITH_BED(test_remove_prefix_does_not_run_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"

#include "common/range.h"

#include <string.h>

static const char *written(uint64_t offset, uint64_t length, char out[MB_RANGE_TEXT])
{
    const struct mb_get_options opts = {.struct_size = sizeof(opts), .offset = offset, .length = length};
    const struct mb_range range = mb_range_of(&opts);
    mb_range_write(&range, out);
    return out;
}

static void ranges_are_asked_for_without_wrapping_around(void **state)
{
    (void)state;
    char text[MB_RANGE_TEXT];
    assert_string_equal(written(0, 0, text), "");
    assert_string_equal(written(0, 1, text), "bytes=0-0");
    assert_string_equal(written(2, 5, text), "bytes=2-6");
    assert_string_equal(written(2, 0, text), "bytes=2-");
    assert_string_equal(written(5, UINT64_MAX, text), "bytes=5-");
    assert_string_equal(written(UINT64_MAX, 1, text), "bytes=18446744073709551615-18446744073709551615");
    const struct mb_range none = mb_range_of(NULL);
    assert_true(mb_range_is_whole(&none));
}

/* What comes of an answer with such headers to a request for five bytes from 2 on. */
static mb_status accepted(int status, const char *name, const char *value, struct mb_range *range)
{
    struct mb_error error = MB_TEST_ERROR;
    struct mb_http_response response = {.status = status};
    mb_headers_set(&response.headers, name, value);
    mb_status result = mb_range_accept(range, &response, "X-Size", &error);
    mb_http_response_done(&response);
    return result;
}

static void an_answer_is_the_part_that_was_asked_for(void **state)
{
    (void)state;
    struct mb_range range = {.offset = 2, .length = 5};
    assert_int_equal(accepted(206, "Content-Range", "bytes 2-6/10", &range), MB_OK);
    assert_true(range.part && range.size == 10 && range.expected == 5);
    assert_int_equal(accepted(200, "content-range", "bytes 2-3/4", &range), MB_OK);
    assert_true(range.size == 4 && range.expected == 2);
    assert_int_equal(accepted(206, "Content-Range", "bytes 2-5/10", &range), MB_E_PROTOCOL);
    assert_int_equal(accepted(206, "Content-Range", "bytes 0-4/10", &range), MB_E_PROTOCOL);
    assert_int_equal(accepted(206, "Content-Range", "bytes 2-6/99999999999999999999", &range), MB_E_PROTOCOL);
    assert_int_equal(accepted(206, "ETag", "x", &range), MB_E_PROTOCOL);
    assert_int_equal(accepted(200, "Content-Length", "10", &range), MB_E_PROTOCOL);
}

static void a_whole_object_has_the_size_that_its_service_tells(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_range range = {.offset = 0};
    assert_int_equal(accepted(200, "Content-Length", "10", &range), MB_OK);
    assert_true(!range.part && range.size == 10 && range.expected == 10);
    assert_int_equal(accepted(200, "X-Size", "7", &range), MB_OK);
    assert_int_equal(range.expected, 7);
    assert_int_equal(accepted(206, "Content-Range", "bytes 0-6/7", &range), MB_E_PROTOCOL);
    assert_false(range.unsized);

    const struct mb_http_response shorter = {.received = 6}, all = {.received = 7};
    assert_int_equal(mb_range_complete(&range, &shorter, &error), MB_E_UNAVAILABLE);
    assert_int_equal(mb_range_complete(&range, &all, &error), MB_OK);
}

static void a_part_of_no_bytes_lies_behind_the_end(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_http_response response = {.status = 206};
    mb_headers_set(&response.headers, "Content-Range", "bytes 10-9/10");
    struct mb_range range = {.offset = 10, .length = 5}, inside = {.offset = 9};
    assert_int_equal(mb_range_accept(&range, &response, NULL, &error), MB_E_PROTOCOL);
    mb_headers_set(&response.headers, "Content-Length", "0");
    assert_int_equal(mb_range_accept(&range, &response, NULL, &error), MB_OK);
    assert_true(range.part && range.size == 10 && range.expected == 0);
    assert_int_equal(mb_range_accept(&inside, &response, NULL, &error), MB_E_PROTOCOL);
    mb_http_response_done(&response);
}

static mb_status stat_of_three_bytes(struct mb_store *store, const char *key, struct mb_stat *out,
                                     const struct mb_call *call)
{
    (void)store, (void)call;
    out->size = 3;
    strcpy(out->etag, "e1");
    return strcmp(key, "k") == 0 ? MB_OK : MB_E_NOT_FOUND;
}

static void a_refused_range_is_empty_only_behind_the_end(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    const struct mb_call call = {.struct_size = sizeof(call), .error = &error};
    static const struct {
        const char *key, *if_match;
        uint64_t offset;
        mb_status status;
    } cases[] = {{"k", NULL, 3, MB_OK},
                 {"k", "\"E1\"", 4, MB_OK},
                 {"k", NULL, 2, MB_E_PROTOCOL},
                 {"k", "e2", 3, MB_E_EXISTS},
                 {"none", NULL, 3, MB_E_NOT_FOUND}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct mb_range range = {.offset = cases[i].offset, .length = 5};
        struct mb_stat found = {.struct_size = sizeof(found)};
        mb_status status = mb_range_past_end(&range, cases[i].if_match, stat_of_three_bytes, NULL,
                                             cases[i].key, &found, &call);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(found.size, status == MB_OK ? 3 : 0);
    }
}

static void the_size_that_an_answer_does_not_tell_is_learnt(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    const struct mb_call call = {.struct_size = sizeof(call), .error = &error};
    static const struct {
        int http_status;
        const char *header, *value;
        uint64_t offset, length;
        const char *etag, *key;
        mb_status status;
        uint64_t expected;
    } cases[] = {{200, "ETag", "e1", 0, 0, "\"e1\"", "k", MB_OK, 3},
                 {200, "Content-Length", "3x", 0, 5, NULL, "k", MB_OK, 3},
                 {200, "ETag", "e1", 0, 2, "e1", "k", MB_E_PROTOCOL, 0},
                 {200, "ETag", "e1", 1, 0, "e1", "k", MB_E_PROTOCOL, 0},
                 {200, "ETag", "e2", 0, 0, "e2", "k", MB_E_UNAVAILABLE, 0},
                 {200, "ETag", "e1", 0, 0, "e1", "none", MB_E_NOT_FOUND, 0},
                 {206, "Content-Range", "bytes 1-2/*", 1, 5, NULL, "k", MB_OK, 2},
                 {206, "Content-Range", "bytes 1-1/*", 1, 5, NULL, "k", MB_E_PROTOCOL, 0},
                 {206, "Content-Range", "bytes 0-2/*", 1, 5, NULL, "k", MB_E_PROTOCOL, 0},
                 {206, "Content-Range", "bytes 1-3/*", 1, 5, NULL, "k", MB_E_PROTOCOL, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mb_range range = {.offset = cases[i].offset, .length = cases[i].length};
        assert_int_equal(accepted(cases[i].http_status, cases[i].header, cases[i].value, &range), MB_OK);
        assert_true(range.unsized);
        assert_int_equal(
            mb_range_learn(&range, cases[i].etag, stat_of_three_bytes, NULL, cases[i].key, &call),
            cases[i].status);
        if (cases[i].status != MB_OK)
            continue;
        assert_int_equal(range.expected, cases[i].expected);
        assert_true(range.size == 3 && !range.unsized);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_asked_for_without_wrapping_around),
        cmocka_unit_test(an_answer_is_the_part_that_was_asked_for),
        cmocka_unit_test(a_whole_object_has_the_size_that_its_service_tells),
        cmocka_unit_test(a_part_of_no_bytes_lies_behind_the_end),
        cmocka_unit_test(a_refused_range_is_empty_only_behind_the_end),
        cmocka_unit_test(the_size_that_an_answer_does_not_tell_is_learnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

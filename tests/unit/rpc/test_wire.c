/* Bytes that nobody means: what protobuf-c would crash on, drown in or misread. */
#include "rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <milvus_backup.pb-c.h>
#include <stdlib.h>
#include <string.h>

#define CREATE milvus__proto__backup__create_backup_request__descriptor
#define DELETE milvus__proto__backup__delete_backup_request__descriptor

static struct mb_error error;

static mb_status unpack(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t len)
{
    ProtobufCMessage *message = NULL;
    struct mb_arena *arena = mb_arena_new();
    mb_error_clear(&error);
    mb_status status = mb_message_unpack(descriptor, bytes, len, arena, &message, &error);
    if (status == MB_OK)
        assert_ptr_equal(message->descriptor, descriptor);
    mb_arena_free(arena);
    return status;
}

static void refuses(const ProtobufCMessageDescriptor *descriptor, const char *bytes, size_t len,
                    const char *why)
{
    assert_int_equal(unpack(descriptor, bytes, len), MB_E_INVALID);
    if (strstr(error.message, why) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, why);
}

#define REFUSES(descriptor, bytes, why) refuses(&descriptor, bytes, sizeof(bytes) - 1, why)

static size_t varint_size(size_t number)
{
    size_t size = 1;
    while (number >>= 7)
        size++;
    return size;
}

/* Puts tag and length in front of what begins at `at` and ends at `end`; returns where it begins now. */
static size_t wrap(uint8_t *bytes, size_t at, size_t end, uint8_t tag)
{
    size_t len = end - at, size = varint_size(len);
    at -= size + 1;
    bytes[at] = tag;
    for (size_t i = 0; i < size; i++, len >>= 7)
        bytes[at + 1 + i] = (uint8_t)((len & 0x7f) | (i + 1 < size ? 0x80 : 0));
    return at;
}

/* db_collections: a list in a list in a list ... */
static mb_status unpack_nested(size_t depth)
{
    size_t cap = depth * 12 + 16, at = cap;
    uint8_t *bytes = test_malloc(cap);
    for (size_t i = 0; i < depth; i++) {
        at = wrap(bytes, at, cap, 6 << 3 | 2); /* Value.list_value */
        at = wrap(bytes, at, cap,
                  i + 1 < depth ? 1 << 3 | 2 : 5 << 3 | 2); /* ListValue.values, db_collections */
    }
    mb_status status = unpack(&CREATE, bytes + at, cap - at);
    test_free(bytes);
    return status;
}

static void depth_has_an_end(void **state)
{
    (void)state;
    assert_int_equal(unpack_nested(40), MB_OK);
    assert_int_equal(unpack_nested(10000), MB_E_INVALID);
    assert_non_null(strstr(error.message, "nested too deeply"));
    assert_int_equal(unpack_nested(1000000), MB_E_INVALID);
}

static void a_large_message_is_no_matter_and_a_crowd_is(void **state)
{
    size_t len = (size_t)32 << 20, from = 6;
    char *bytes = test_malloc(len);
    (void)state;
    memset(bytes, 'x', len);
    wrap((uint8_t *)bytes, from, len, 2 << 3 | 2); /* backup_name */
    assert_int_equal(unpack(&DELETE, bytes + 1, len - 1), MB_OK);
    for (size_t i = 0; i < len; i += 2)
        memcpy(bytes + i, "\x1a", 2); /* collection_names: "" */
    refuses(&CREATE, bytes, len, "more than a million");
    assert_int_equal(unpack(&CREATE, bytes, 20000), MB_OK);
    test_free(bytes);
}

static void what_is_cut_off_or_malformed_is_refused(void **state)
{
    (void)state;
    REFUSES(DELETE, "\x12\x05name", "cut off");
    REFUSES(DELETE, "\x12", "does not end");
    REFUSES(DELETE, "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "cut off");
    REFUSES(DELETE, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "does not end");
    REFUSES(DELETE, "\x02\x01x", "number");      /* field 0 */
    REFUSES(DELETE, "\x13\x14", "group");        /* of the old kind */
    REFUSES(DELETE, "\x7e", "another type");     /* 6 and 7 are none */
    REFUSES(DELETE, "\x15\x01\x02", "cut off");  /* four bytes */
    REFUSES(DELETE, "\x10\x01", "another type"); /* a number for the name */
    REFUSES(CREATE,
            "\x6a\x04\x0a\x05"
            "ab",
            "cut off"); /* what is inside ends with what is around it */
}

static void a_name_is_whole(void **state)
{
    (void)state;
    REFUSES(DELETE,
            "\x12\x03"
            "a\0b",
            "NUL");
    REFUSES(DELETE,
            "\x12\x03"
            "a\xff"
            "b",
            "UTF-8");
    REFUSES(DELETE, "\x12\x02\xc0\xaf", "UTF-8");
    assert_int_equal(unpack(&DELETE, "\x12\x04\xf0\x9f\x98\x80", 6), MB_OK);
}

static void what_is_unknown_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(unpack(&DELETE, "\xfa\x07\x03\0\xff\0\x12\x01x", 9), MB_OK);
    assert_int_equal(unpack(&DELETE, "", 0), MB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(a_large_message_is_no_matter_and_a_crowd_is),
        cmocka_unit_test(what_is_cut_off_or_malformed_is_refused),
        cmocka_unit_test(a_name_is_whole),
        cmocka_unit_test(what_is_unknown_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

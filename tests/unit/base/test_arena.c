#include "base/arena.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_blocks_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_non_null(arena);
    unsigned char *blocks[500];
    for (size_t i = 0; i < 500; i++) {
        size_t size = 1 + i * 37 % 3000;
        blocks[i] = mb_arena_alloc(arena, size, 1);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < size; b++)
            assert_int_equal(blocks[i][b], 0);
        memset(blocks[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(blocks[i][i * 37 % 3000], i % 255 + 1);
    mb_arena_free(arena);
}

static void test_large_block_keeps_the_chunk_in_use(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    char *a = mb_arena_alloc(arena, 1, 16);
    char *big = mb_arena_alloc(arena, 1, 3u << 20);
    char *b = mb_arena_alloc(arena, 1, 16);
    assert_non_null(big);
    memset(big, 1, 3u << 20);
    assert_ptr_equal(b, a + 16);
    mb_arena_free(arena);
}

static void test_sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_null(mb_arena_alloc(arena, SIZE_MAX, 2));
    assert_null(mb_arena_alloc(arena, SIZE_MAX, 1));
    assert_null(mb_arena_alloc(arena, SIZE_MAX / 2, 1));
    assert_non_null(mb_arena_alloc(arena, 0, 8));
    mb_arena_free(arena);
}

static void test_texts(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_string_equal(mb_arena_strdup(arena, ""), "");
    assert_string_equal(mb_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(mb_arena_strndup(arena, "ab", 30), "ab");
    assert_string_equal(mb_arena_printf(arena, "%s/%d", "x", 7), "x/7");
    mb_arena_free(arena);
    mb_arena_free(NULL);
}

static void test_what_is_adopted_stays_where_it_is(void **state)
{
    (void)state;
    struct mb_arena *arenas[] = {mb_arena_new(), mb_arena_new()};
    assert_non_null(arenas[0]);
    assert_non_null(arenas[1]);
    char *large = memset(mb_arena_alloc(arenas[1], 1, 3u << 20), 2, 3u << 20);
    char *text = mb_arena_strdup(arenas[1], "of the other");
    mb_arena_adopt(arenas[0], arenas[1]); /* which holds nothing */

    arenas[1] = mb_arena_new();
    char *next = mb_arena_strdup(arenas[1], "of the next");
    mb_arena_adopt(arenas[0], arenas[1]); /* which holds something, and is filled on */
    char *more = memset(mb_arena_alloc(arenas[0], 1, 2000), 3, 2000);
    mb_arena_adopt(arenas[0], mb_arena_new());
    assert_string_equal(text, "of the other");
    assert_string_equal(next, "of the next");
    assert_int_equal(large[(3u << 20) - 1], 2);
    assert_int_equal(more[1999], 3);
    mb_arena_free(arenas[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_large_block_keeps_the_chunk_in_use),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_what_is_adopted_stays_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

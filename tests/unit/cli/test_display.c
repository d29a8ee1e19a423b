/* What the progress display writes: live on a terminal, plain elsewhere, nothing when quiet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cli/display.h"

#include <stdlib.h>
#include <string.h>

enum { PHASES = 8 };

struct screen {
    struct mb_task_status status;
    struct mb_task_phase phases[PHASES];
    struct mb_display *display;
    FILE *out;
    char *text;
    size_t len;
    int columns;
    int64_t now;
};

static int columns(void *ctx)
{
    return *(int *)ctx;
}

static mb_status status_of(void *ctx, struct mb_task_status *out)
{
    const struct screen *s = ctx;
    *out = s->status;
    return MB_OK;
}

static mb_status phase_of(void *ctx, size_t i, struct mb_task_phase *out)
{
    const struct screen *s = ctx;
    *out = s->phases[i % PHASES];
    if (i + 1 == s->status.phase_count)
        *out = (struct mb_task_phase){
            .objects = s->status.objects_done, .bytes = s->status.bytes_done, .ns = s->status.phase_ns};
    return MB_OK;
}

static void open_screen(struct screen *s, enum mb_display_kind kind, bool color)
{
    memset(s, 0, sizeof *s);
    s->columns = 200;
    s->out = open_memstream(&s->text, &s->len);
    struct mb_display_options options = {
        .kind = kind, .color = color, .out = s->out, .width = columns, .ctx = &s->columns};
    s->display = mb_display_new(&options);
    assert_non_null(s->display);
    mb_display_follow(s->display, &(struct mb_display_source){status_of, phase_of, s});
}

static const char *shown(struct screen *s)
{
    fflush(s->out);
    return s->text;
}

static void close_screen(struct screen *s)
{
    mb_display_free(s->display);
    fclose(s->out);
    free(s->text);
}

static void begin(struct screen *s, const char *phase)
{
    uint32_t count = s->status.phase_count;
    if (count > 0)
        phase_of(s, count - 1, &s->phases[(count - 1) % PHASES]);
    s->status = (struct mb_task_status){.phase_count = count + 1, .left_ns = -1};
    strcpy(s->status.phase, phase);
    s->now = 1000 * MB_NS_PER_MS;
}

static void tick_after(struct screen *s, int64_t ms)
{
    s->now += ms * MB_NS_PER_MS;
    s->status.phase_ns += ms * MB_NS_PER_MS;
    mb_display_tick(s->display, s->now);
}

static void test_nothing_before_the_first_phase(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_LIVE, false);
    mb_display_tick(s.display, 1);
    mb_display_finish(s.display);
    assert_string_equal(shown(&s), "");
    close_screen(&s);
}

static void test_live_line(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_LIVE, false);
    begin(&s, "copy");
    s.status.collections_total = 12;
    s.status.collections_done = 3;
    s.status.objects_total = 2310;
    s.status.objects_done = 1204;
    s.status.bytes_total = UINT64_C(4) << 30;
    tick_after(&s, 100);
    assert_non_null(strstr(shown(&s), "\rcopy  3/12 collections  1204/2310+ objects  0 B/4.0 GiB+\x1b[K"));
    s.status.bytes_done = UINT64_C(1) << 30;
    s.status.bytes_per_s = UINT64_C(1) << 30;
    s.status.left_ns = 3 * MB_NS_PER_S;
    s.status.totals_final = true;
    tick_after(&s, 1000);
    assert_non_null(strstr(shown(&s), "1204/2310 objects  1.0 GiB/4.0 GiB  1.0 GiB/s  3.0 s left"));
    close_screen(&s);
}

static void test_what_it_waits_for(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_LIVE, false);
    begin(&s, "copy");
    s.status.collections_total = 4;
    tick_after(&s, 100);
    assert_null(strstr(shown(&s), "waiting"));
    strcpy(s.status.waiting_for, "waiting for the ferry");
    s.status.waiting_ns = 13 * MB_NS_PER_S;
    tick_after(&s, 900);
    assert_non_null(strstr(shown(&s), "\rcopy  0/4 collections  waiting for the ferry (for 13.0 s)\x1b[K"));
    close_screen(&s);
}

static void test_line_is_cut_to_the_terminal(void **state)
{
    struct screen s;

    (void)state;
    for (int width = 0; width < 12; width++) {
        open_screen(&s, MB_DISPLAY_LIVE, false);
        s.columns = width;
        begin(&s, "copying");
        s.status.objects_done = 5;
        tick_after(&s, 100);
        const char *start = shown(&s) + 1;
        size_t len = (size_t)(strstr(start, "\x1b[K") - start);
        assert_true(len <= (size_t)(width > 1 ? width - 1 : 1));
        close_screen(&s);
    }
}

static void test_color_only_where_wanted(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_LIVE, true);
    begin(&s, "copy");
    tick_after(&s, 100);
    assert_non_null(strstr(shown(&s), "\x1b[1mcopy\x1b[0m"));
    close_screen(&s);
    open_screen(&s, MB_DISPLAY_LIVE, false);
    begin(&s, "copy");
    tick_after(&s, 100);
    assert_null(strstr(shown(&s), "\x1b[1m"));
    close_screen(&s);
}

static void test_phases_leave_a_line_each(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_PLAIN, false);
    begin(&s, "flush");
    tick_after(&s, 100);
    begin(&s, "copy");
    s.status.objects_total = 10;
    s.status.bytes_total = 2048;
    s.status.totals_final = true;
    s.status.objects_done = 8;
    tick_after(&s, 100);
    assert_non_null(strstr(shown(&s), "flush  "));
    s.status.objects_total = 11; /* the last objects come after the last look */
    s.status.objects_done = 11;
    s.status.bytes_done = 3072;
    begin(&s, "verify"); /* over before anybody looks */
    begin(&s, "commit");
    tick_after(&s, 100);
    assert_non_null(strstr(shown(&s), "copy  11 objects  3.0 KiB  "));
    s.status.phase_ns = 350 * MB_NS_PER_MS;
    mb_display_finish(s.display);
    assert_non_null(strstr(shown(&s), "commit  350 ms\n"));
    size_t len = s.len;
    mb_display_finish(s.display);
    tick_after(&s, 100);
    fflush(s.out);
    assert_int_equal(s.len, len); /* what is finished says no more */
    assert_null(strchr(s.text, '\r'));
    assert_null(strchr(s.text, '\x1b'));
    close_screen(&s);
}

static void test_plain_lines_every_few_seconds(void **state)
{
    struct screen s;
    unsigned lines = 0;

    (void)state;
    open_screen(&s, MB_DISPLAY_PLAIN, false);
    begin(&s, "import");
    for (int i = 0; i < 200; i++) { /* twenty seconds */
        s.status.phase_percent = i / 2.0;
        tick_after(&s, 100);
    }
    for (const char *c = shown(&s); *c != '\0'; c++)
        lines += *c == '\n';
    assert_in_range(lines, 3, 4);
    assert_non_null(strstr(shown(&s), " %\n"));
    close_screen(&s);
}

/* Counters that make no sense must not be shown as if they did. */
static void test_senseless_counters(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_LIVE, false);
    begin(&s, "copy");
    s.status.phase_percent = 300;
    s.status.bytes_done = 5000;
    s.status.bytes_total = 100;
    s.status.totals_final = true;
    tick_after(&s, 100);
    s.status.bytes_done = 10; /* backwards */
    tick_after(&s, 100);
    tick_after(&s, -500);
    tick_after(&s, 0);
    assert_non_null(strstr(shown(&s), "100.0 %"));
    assert_null(strstr(shown(&s), "left"));
    assert_null(strstr(shown(&s), "-"));
    close_screen(&s);
}

static void test_messages_stand_above_the_live_line(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_LIVE, false);
    begin(&s, "copy");
    tick_after(&s, 100);
    mb_display_say(s.display, "warning: x\x1b");
    assert_non_null(strstr(shown(&s), "\r\x1b[Kwarning: x?\n"));
    close_screen(&s);
}

static void test_quiet_and_shared(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, MB_DISPLAY_NONE, false);
    begin(&s, "copy");
    tick_after(&s, 100);
    mb_display_finish(s.display);
    assert_string_equal(shown(&s), "");
    close_screen(&s);
    open_screen(&s, MB_DISPLAY_LIVE, false);
    mb_display_share(s.display);
    begin(&s, "copy");
    tick_after(&s, 100);
    mb_display_finish(s.display);
    assert_string_equal(shown(&s), "copy  100 ms\n");
    close_screen(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_before_the_first_phase),
        cmocka_unit_test(test_live_line),
        cmocka_unit_test(test_what_it_waits_for),
        cmocka_unit_test(test_line_is_cut_to_the_terminal),
        cmocka_unit_test(test_color_only_where_wanted),
        cmocka_unit_test(test_phases_leave_a_line_each),
        cmocka_unit_test(test_plain_lines_every_few_seconds),
        cmocka_unit_test(test_senseless_counters),
        cmocka_unit_test(test_messages_stand_above_the_live_line),
        cmocka_unit_test(test_quiet_and_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which tasks a compaction, which reads one backup and writes another, is kept apart from. */
#include "stage.h"

#include <string.h>

static mb_status try_compact(struct stage *s, const char *name, const char *output, const char **out)
{
    const struct mb_compact_request request = {.struct_size = sizeof request, .name = name, .output = output};
    const struct mb_job job = {.kind = MB_TASK_COMPACT, .request = &request};
    return mb_service_start(s->service, &somebody, &job, s->arena, out, &s->bench->error);
}

/* Two creates take the places, so that the compaction waits. */
static void test_a_compaction_keeps_others_from_both_of_its_backups(void **state)
{
    struct stage *s = *state;
    const char *id = NULL, *compaction = NULL;

    begin(s, "");
    create(s, "n1");
    const char *second = create(s, "n2");
    assert_int_equal(try_compact(s, "whole", "n2", &id), MB_E_EXISTS);
    assert_string_equal(s->bench->error.subject, second);
    assert_int_equal(try_compact(s, "whole", "plain", &compaction), MB_OK);
    assert_int_equal(get(s, compaction).state, MB_TASK_QUEUED);
    assert_int_equal(try_create(s, "plain", NULL, &id), MB_E_EXISTS);
    assert_string_equal(s->bench->error.subject, compaction);
    assert_non_null(strstr(s->bench->error.message, "a compact of backup whole is under way"));
    assert_int_equal(try_delete(s, "whole", NULL, &id), MB_E_EXISTS);
    assert_int_equal(try_delete(s, "plain", NULL, &id), MB_E_EXISTS);
    assert_int_equal(try_compact(s, "other", "plain", &id), MB_E_EXISTS);
    assert_int_equal(try_compact(s, "whole", "other", &id), MB_OK); /* both only read it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_compaction_keeps_others_from_both_of_its_backups, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Last look at the copy. */
#include "compact/run.h"

static mb_status judge_stray(void *ctx, const char *name, const struct mb_entry *entry,
                             struct mb_error *error)
{
    (void)ctx;
    (void)name;
    return mb_fail(error, MB_E_CORRUPT, "%s lies in the backup's folder but is no part of the backup",
                   entry->key);
}

mb_status mb_compact_verify(struct run *run, struct mb_error *error)
{
    struct mb_content content = {
        .arena = run->arena, .dir = run->to_dir, .folder = run->to, .backup = &run->backup};
    const struct mb_expectation of = {.each = mb_content_each_named, .source = &content};
    const struct mb_folder_visitor visitor = {.stray = judge_stray};
    struct mb_expected *expected = NULL;
    MB_TRY(mb_expected_new(&expected, &of, run->cancel, error));
    mb_status status = mb_folder_verify(&run->to, "binlogs/", expected, &visitor, run->cancel, error);
    mb_expected_free(expected);
    return status == MB_OK ? MB_OK : mb_error_context(error, "after copying");
}

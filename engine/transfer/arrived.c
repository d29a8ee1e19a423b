#include "transfer/run.h"

#include "catalog/object_stream.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- objects */

static mb_status judge_size(struct run *run, const struct mb_pair *pair, struct mb_error *error)
{
    mb_status status =
        mb_storage_await(run->to.storage, run->to_key.data, pair->size_here, 0, NULL, run->cancel, error);
    if (status == MB_E_NOT_FOUND)
        return mb_fail(error, MB_E_CORRUPT, "%s is not there after copying", run->to_key.data);
    return status == MB_E_CORRUPT ? mb_error_context(error, "after copying") : status;
}

static mb_status judge_stray(struct run *run, const char *name, struct mb_error *error)
{
    bool holds = false;
    MB_TRY(mb_folder_holds(&run->to, name, &holds, run->cancel, error));
    return holds ? mb_fail(error, MB_E_CORRUPT, "%s is not part of the backup", run->to_key.data) : MB_OK;
}

/* What is expected and not there by now is looked for when both listings are at their ends. */
static mb_status verify_one(void *ctx, const struct mb_pair *pair, struct mb_error *error)
{
    struct run *run = ctx;
    uint64_t wanted = MB_ANY_SIZE;
    bool expected = mb_expected_find(run->expected, pair->name, &wanted);
    if (mb_run_is_commit_file(pair->name))
        return MB_OK;
    MB_TRY(mb_run_key(&run->to_key, run->to_dir, pair->name, error));
    if (!expected && !(pair->here && mb_content_owns(&run->content, run->expected, pair->name)))
        return pair->there ? judge_stray(run, pair->name, error) : MB_OK;
    run->listed += pair->here && expected;
    if (expected && pair->there)
        mb_expected_see(run->expected, pair->name, pair->size_there);
    if (expected && (!pair->there || wanted != MB_ANY_SIZE))
        return MB_OK;
    if (!pair->here || (pair->there && pair->size_here == pair->size_there))
        return MB_OK;
    return judge_size(run, pair, error);
}

static mb_status start_again(void *ctx, struct mb_error *error)
{
    struct run *run = ctx;
    (void)error;
    mb_expected_forget_seen(run->expected);
    run->listed = 0;
    return MB_OK;
}

/* By now a listing that was only late shows everything.  Where one leaves out what is known to be there it
 * may leave out what nobody knows of. */
static mb_status judge_listing(const struct run *run, struct mb_error *error)
{
    uint64_t lacking = mb_expected_count(run->expected) - run->listed;
    if (lacking == 0 || run->content.recorded)
        return MB_OK;
    return mb_fail(error, MB_E_PROTOCOL,
                   "the listing of %s in %s is not complete: %llu objects that the backup's description "
                   "names are there but not in it%s%s; so objects that it does not name may be left out, too",
                   run->from_dir, mb_storage_info(run->from.storage)->location, (unsigned long long)lacking,
                   run->first_unlisted[0] != '\0' ? ", like " : "", run->first_unlisted);
}

/* ------------------------------------------------------------- descriptions */

static mb_status read_chunk(struct mb_object_stream *stream, char *to, size_t cap, size_t *have,
                            struct mb_error *error)
{
    size_t n = 1;
    for (*have = 0; *have < cap && n > 0; *have += n)
        MB_TRY(mb_object_stream_read(stream, to + *have, cap - *have, &n, error));
    return MB_OK;
}

static mb_status compare_streams(struct mb_object_stream *a, struct mb_object_stream *b, bool *equal,
                                 struct mb_error *error)
{
    char ours[8192], theirs[8192];
    size_t have = 1, there = 1;
    for (*equal = true; *equal && have > 0;) {
        MB_TRY(read_chunk(a, ours, sizeof(ours), &have, error));
        MB_TRY(read_chunk(b, theirs, sizeof(theirs), &there, error));
        *equal = have == there && memcmp(ours, theirs, have) == 0;
    }
    return MB_OK;
}

static mb_status compare_file(struct run *run, enum mb_meta_file file, struct mb_error *error)
{
    struct mb_object_stream *a = NULL, *b = NULL;
    char *from = mb_layout_meta_key(run->arena, run->from_dir, file);
    char *to = mb_layout_meta_key(run->arena, run->to_dir, file);
    bool equal = false;
    if (from == NULL || to == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_object_stream_open(&a, run->from.storage, from, run->cancel, error);
    if (status == MB_OK)
        status = mb_object_stream_open(&b, run->to.storage, to, run->cancel, error);
    if (status == MB_OK)
        status = compare_streams(a, b, &equal, error);
    mb_object_stream_close(a);
    mb_object_stream_close(b);
    if (status == MB_OK && !equal)
        return mb_fail(error, MB_E_CORRUPT, "%s does not hold what %s does after copying", to, from);
    return status;
}

/* The source was opened by these files, and so will the target be when backup_meta.json has followed. */
static mb_status compare_descriptions(struct run *run, struct mb_error *error)
{
    for (int i = 0; i < MB_META_COUNT; i++)
        if (run->content.described[i])
            MB_TRY(compare_file(run, (enum mb_meta_file)i, error));
    return MB_OK;
}

mb_status mb_run_verify_listing(struct run *run, struct mb_error *error)
{
    const struct mb_pair_visitor visitor = {.visit = verify_one, .restart = start_again, .ctx = run};
    struct mb_missing missing;
    mb_expected_forget_seen(run->expected);
    MB_TRY(mb_folders_compare(&run->from, &run->to, &visitor, run->cancel, error));
    MB_TRY(mb_folder_look_again(&run->to, run->expected, NULL, &missing, run->cancel, error));
    if (mb_folder_judge(&run->to, "objects", run->expected, &missing, error) < 0)
        return mb_error_context(error, "after copying");
    return judge_listing(run, error);
}

mb_status mb_run_verify(struct run *run, struct mb_error *error)
{
    MB_TRY(mb_run_verify_listing(run, error));
    return compare_descriptions(run, error);
}

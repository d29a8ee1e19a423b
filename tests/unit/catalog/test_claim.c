/* Who may make the backup of a name, and what becomes of those who may not. */
#include "bed.h"

#include "base/clock.h"
#include "base/owner.h"
#include "base/scope.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT   "backup/"
#define MARK   ROOT "b1/meta/in_progress.json"
#define COMMIT ROOT "b1/meta/backup_meta.json"

static const struct mb_claim_wish wish = {
    .backup_id = "id-1", .plan_digest = "3 collections", .timing = {.settle_ns = 1}};

static mb_status begin(struct bed *bed, struct mb_claim **claim)
{
    *claim = NULL;
    return mb_claim_begin(claim, &bed->catalog, "b1", &wish, NULL, &bed->error);
}

static mb_status take_over(struct bed *bed, bool force, struct mb_claim **claim)
{
    struct mb_claim_record seen;
    struct mb_claim_wish forced = wish;
    forced.force = force;
    *claim = NULL;
    MB_TRY(mb_claim_record_read(&bed->catalog, "b1", bed->arena, &seen, NULL, &bed->error));
    return mb_claim_take_over(claim, &bed->catalog, "b1", &seen, &forced, NULL, &bed->error);
}

static mb_status commit(struct bed *bed, struct mb_claim *claim)
{
    return mb_claim_commit(claim, "{}", 2, NULL, &bed->error);
}

static void says(struct bed *bed, const char *text)
{
    if (strstr(bed->error.message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", bed->error.message, text);
}

/* ------------------------------------------------------------- the record */

static void the_record_tells_who_and_when(void **state)
{
    struct bed *bed = *state;
    struct mb_claim_record read;
    struct mb_claim *claim;
    assert_int_equal(mb_claim_record_read(&bed->catalog, "b1", bed->arena, &read, NULL, &bed->error),
                     MB_E_NOT_FOUND);
    assert_int_equal(begin(bed, &claim), MB_OK);
    assert_int_equal(mb_claim_record_read(&bed->catalog, "b1", bed->arena, &read, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_owner_fate_of(read.owner), MB_OWNER_LIVES);
    mb_claim_free(claim);
    assert_int_equal(mb_owner_fate_of(read.owner), MB_OWNER_GONE);
    assert_string_equal(read.backup_id, "id-1");
    assert_string_equal(read.plan_digest, "3 collections");
    assert_int_equal(strlen(read.generation), 32);
    assert_true(mb_claim_record_age(&read) < 5 * MB_NS_PER_S);
    assert_string_equal(read.failed, "");
}

static void a_failure_is_written_into_it(void **state)
{
    struct bed *bed = *state;
    struct mb_claim_record read;
    struct mb_claim *claim;
    assert_int_equal(begin(bed, &claim), MB_OK);
    mb_fail(&bed->error, MB_E_NO_SPACE, "put x: no space");
    mb_claim_fail(claim, &bed->error);
    mb_claim_free(claim);
    assert_int_equal(mb_claim_record_read(&bed->catalog, "b1", bed->arena, &read, NULL, &bed->error), MB_OK);
    assert_string_equal(read.reason, "put x: no space");
    assert_int_equal(mb_claim_record_heart(&read, 0, MB_HEART_LIMIT_NS), MB_HEART_FAILED);
    assert_int_equal(take_over(bed, false, &claim), MB_OK); /* at once, and it is no failure any more */
    assert_null(strstr(bed_get(bed, MARK), "no space"));
    mb_claim_free(claim);
}

static void it_goes_only_with_its_generation(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    assert_int_equal(begin(bed, &claim), MB_OK);
    bed_record(bed, ROOT "b1", "id-1", 0); /* the same backup, another generation */
    assert_int_equal(mb_claim_abandon(claim, &bed->error), MB_OK);
    assert_non_null(strstr(bed_get(bed, MARK), "theirs"));
    mb_claim_fail(claim, &bed->error);
    assert_non_null(strstr(bed_get(bed, MARK), "theirs"));
    mb_claim_free(claim);
    assert_int_equal(mb_storage_remove(bed->storage, MARK, NULL, &bed->error), MB_OK);
    assert_int_equal(begin(bed, &claim), MB_OK);
    assert_int_equal(mb_claim_abandon(claim, &bed->error), MB_OK);
    assert_null(bed_get(bed, MARK));
    mb_claim_free(claim);
}

/* ------------------------------------------------------------- taking over */

static void who_is_at_work_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    bed_record(bed, ROOT "b1", "id-1", 590);
    assert_int_equal(take_over(bed, false, &claim), MB_E_EXISTS);
    says(bed, "at this moment (host, process 7");
    assert_non_null(strstr(bed_get(bed, MARK), "theirs"));
    assert_int_equal(bed_count(bed, ROOT), 1);
    bed_record(bed, ROOT "b1", "id-1", 610);
    assert_int_equal(take_over(bed, false, &claim), MB_OK);
    assert_string_equal(mb_claim_backup_id(claim), "id-1");
    mb_claim_free(claim);
}

static void another_task_of_this_process_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim, *second;
    const struct mb_scope scope = {.id = "create-1"};
    mb_scope_enter(&scope);
    assert_int_equal(begin(bed, &claim), MB_OK);
    mb_scope_enter(NULL);
    assert_int_equal(take_over(bed, false, &second), MB_E_EXISTS);
    says(bed, ", task create-1");
    assert_int_equal(begin(bed, &second), MB_E_EXISTS);
    says(bed, "it is being made at this moment (");
    says(bed, ", task create-1)");
    assert_int_equal(commit(bed, claim), MB_OK);
    mb_claim_free(claim);
}

/* Neither by failing nor by being killed: it has ended without a word, and this process goes on. */
static void a_task_of_this_process_that_has_ended_is_gone(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    assert_int_equal(begin(bed, &claim), MB_OK);
    mb_claim_free(claim);
    assert_int_equal(begin(bed, &claim), MB_E_EXISTS);
    says(bed, "was interrupted");
    assert_int_equal(take_over(bed, false, &claim), MB_OK);
    assert_int_equal(commit(bed, claim), MB_OK);
    mb_claim_free(claim);
}

struct racer {
    struct bed *bed;
    struct mb_scope scope;
    pthread_barrier_t *start;
    struct mb_claim *claim;
    mb_status status;
    struct mb_error error;
};

static void *race(void *ctx)
{
    struct racer *racer = ctx;
    mb_scope_enter(&racer->scope);
    pthread_barrier_wait(racer->start);
    racer->status = mb_claim_begin(&racer->claim, &racer->bed->catalog, "b1", &wish, NULL, &racer->error);
    return NULL;
}

/* One has the name and the other one says who; when the first fails, the second goes on. */
static void of_two_tasks_that_begin_at_once_one_has_the_name(void **state)
{
    struct bed *bed = *state;
    pthread_barrier_t start;
    pthread_t threads[2];
    struct racer racers[2] = {{.scope.id = "create-1"}, {.scope.id = "create-2"}};
    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        racers[i].bed = bed;
        racers[i].start = &start;
        racers[i].error = MB_ERROR_INIT;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    int winner = racers[0].status == MB_OK ? 0 : 1;
    struct racer *won = &racers[winner], *lost = &racers[1 - winner];
    assert_int_equal(won->status, MB_OK);
    assert_int_equal(lost->status, MB_E_EXISTS);
    if (strstr(lost->error.message, won->scope.id) == NULL)
        fail_msg("\"%s\" does not name %s", lost->error.message, won->scope.id);
    mb_claim_fail(won->claim, &(struct mb_error){.status = MB_E_NO_SPACE, .message = "full"});
    mb_claim_free(won->claim);
    assert_int_equal(take_over(bed, false, &won->claim), MB_OK);
    assert_int_equal(commit(bed, won->claim), MB_OK);
    mb_claim_free(won->claim);
}

static void force_takes_from_who_is_at_work(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *first, *second;
    assert_int_equal(begin(bed, &first), MB_OK);
    assert_int_equal(take_over(bed, true, &second), MB_OK);
    assert_int_equal(mb_claim_check(first, NULL, &bed->error), MB_E_EXISTS);
    says(bed, "taken over by somebody else");
    assert_true(mb_cancel_requested(mb_claim_cancel(first)));
    assert_int_equal(commit(bed, first), MB_E_EXISTS);
    assert_null(bed_get(bed, COMMIT));
    mb_claim_free(first);
    assert_int_equal(commit(bed, second), MB_OK);
    assert_null(bed_get(bed, MARK));
    mb_claim_free(second);
}

/* The clock of who wrote it was two hours slow or fast: the store's counts. */
static void clocks_that_differ_do_not_matter(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    char *text, *year;
    bed_record(bed, ROOT "b1", "id-1", 7200);
    text = mb_arena_strdup(bed->arena, bed_get(bed, MARK));
    bed_put(bed, MARK, text); /* written just now */
    assert_int_equal(take_over(bed, false, &claim), MB_E_EXISTS);

    bed_record(bed, ROOT "b1", "id-1", 7200);
    struct stat st;
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", bed->root, MARK);
    assert_int_equal(stat(path, &st), 0);
    year = strstr(text, "heartbeat\":\"") + strlen("heartbeat\":\"");
    memcpy(year, "2099", 4);
    bed_put(bed, MARK, text);
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){st.st_mtim, st.st_mtim}, 0), 0);
    assert_int_equal(take_over(bed, false, &claim), MB_OK);
    mb_claim_free(claim);
    assert_int_equal(bed_count(bed, ROOT), 1); /* what was put to read the clock is gone */
}

static void records_of_older_versions(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    struct mb_claim_record record;
    char path[256], text[512], then[32];
    mb_clock_format(mb_clock_wall() - 7200 * MB_NS_PER_S, then, sizeof(then));
    snprintf(text, sizeof(text),
             "{\"backup_id\":\"id-9\",\"plan_digest\":\"p\",\"owner\":\"host, process 7, pid:[1]\","
             "\"started\":\"%s\"}",
             then);
    bed_put(bed, MARK, text);
    assert_int_equal(take_over(bed, false, &claim), MB_E_EXISTS); /* written just now */
    snprintf(path, sizeof(path), "%s/%s", bed->root, MARK);
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}, 0), 0);
    assert_int_equal(take_over(bed, false, &claim), MB_OK);
    assert_string_equal(mb_claim_backup_id(claim), "id-9");
    assert_int_equal(mb_claim_record_read(&bed->catalog, "b1", bed->arena, &record, NULL, &bed->error),
                     MB_OK);
    assert_string_equal(record.plan_digest, "p");
    assert_string_equal(record.started, then);
    mb_claim_free(claim);
}

/* Its folder was copied: the record is new to the store, and nobody is at work. */
static void a_record_of_last_week(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    bed_record(bed, ROOT "b1", "id-1", 7 * 24 * 3600);
    bed_put(bed, MARK, bed_get(bed, MARK));
    assert_int_equal(take_over(bed, false, &claim), MB_OK);
    mb_claim_free(claim);
}

/* ------------------------------------------------------------- interleavings */

/* What another does right before or right behind the put of a key by this process. */
static struct {
    const char *key;
    bool before;
    void (*act)(struct bed *bed);
    struct bed *bed;
    bool done;
} meanwhile;

static mb_status put_meanwhile(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                               const struct mb_source *source, struct mb_stat *out,
                               const struct mb_call *call)
{
    bool now = meanwhile.key != NULL && !meanwhile.done && strcmp(key, meanwhile.key) == 0;
    meanwhile.done = meanwhile.done || now;
    if (now && meanwhile.before)
        meanwhile.act(meanwhile.bed);
    mb_status status = mb_storage_plugin_entry()->put(store, key, opts, source, out, call);
    if (now && !meanwhile.before)
        meanwhile.act(meanwhile.bed);
    return status;
}

static mb_status open_without_conditions(struct mb_store **out, struct mb_store_info *info,
                                         const struct mb_kv *config, size_t count, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->open(out, info, config, count, call);
    info->caps &= ~(uint64_t)MB_CAP_IF_ABSENT;
    return status;
}

static void when(struct bed *bed, const char *key, bool before, void (*act)(struct bed *bed))
{
    if (bed->driver.put != put_meanwhile) {
        bed->driver.put = put_meanwhile;
        bed_reopen(bed);
    }
    meanwhile.key = key;
    meanwhile.before = before;
    meanwhile.act = act;
    meanwhile.bed = bed;
    meanwhile.done = false;
}

static void other_claims(struct bed *bed)
{
    bed_record(bed, ROOT "b1", "id-2", 0);
}

static void other_makes_all_of_it(struct bed *bed)
{
    bed_put(bed, COMMIT, "{\"id\":\"id-2\"}");
}

static void other_deletes(struct bed *bed)
{
    struct mb_error ignored = MB_ERROR_INIT;
    mb_storage_remove_prefix(bed->storage, ROOT "b1/", NULL, NULL, &ignored);
}

static mb_status list_meanwhile(struct mb_list **out, struct mb_store *store,
                                const struct mb_list_options *opts, const struct mb_call *call)
{
    if (strcmp(opts->prefix, ROOT "b1/") == 0 && !meanwhile.done) {
        meanwhile.done = true;
        other_claims(meanwhile.bed);
    }
    return mb_storage_plugin_entry()->list_open(out, store, opts, call);
}

/* The mark that the other one put meanwhile is no foreign object. */
static void one_who_claims_between_two_looks_is_named(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    bed->driver.list_open = list_meanwhile;
    bed_reopen(bed);
    meanwhile.bed = bed;
    meanwhile.done = false;
    assert_int_equal(begin(bed, &claim), MB_E_EXISTS);
    assert_true(meanwhile.done);
    says(bed, "process 7");
}

/* Both found the name free and both were allowed to write: the last one has it. */
static void the_last_record_counts_where_nothing_is_refused(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    bed->driver.open = open_without_conditions;
    when(bed, MARK, false, other_claims);
    assert_int_equal(begin(bed, &claim), MB_E_EXISTS);
    says(bed, "somebody else");
    assert_true(meanwhile.done);
    assert_non_null(strstr(bed_get(bed, MARK), "id-2"));
    assert_int_equal(mb_storage_remove(bed->storage, MARK, NULL, &bed->error), MB_OK);
    when(bed, MARK, true, other_claims);
    assert_int_equal(begin(bed, &claim), MB_OK);
    assert_true(meanwhile.done);
    assert_non_null(strstr(bed_get(bed, MARK), "id-1"));
    mb_claim_free(claim);
}

/* A server that says it refuses and does not. */
static void a_refusal_that_is_not_kept_is_found_out(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    when(bed, MARK, false, other_claims);
    assert_int_equal(begin(bed, &claim), MB_E_EXISTS);
    assert_non_null(strstr(bed_get(bed, MARK), "id-2"));
}

static void a_backup_that_was_made_meanwhile_stays(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    when(bed, MARK, true, other_makes_all_of_it);
    assert_int_equal(begin(bed, &claim), MB_E_EXISTS);
    says(bed, "made by somebody else");
    assert_non_null(strstr(bed_get(bed, COMMIT), "id-2"));
    assert_null(bed_get(bed, MARK));
}

static void of_two_who_take_over_the_last_one_has_it(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    bed_record(bed, ROOT "b1", "id-1", 3600);
    when(bed, MARK, false, other_claims);
    assert_int_equal(take_over(bed, false, &claim), MB_E_EXISTS);
    says(bed, "taken over by somebody else");
    assert_non_null(strstr(bed_get(bed, MARK), "id-2"));
}

static void commit_while(struct bed *bed, bool before, void (*act)(struct bed *bed), const char *sentence)
{
    struct mb_claim *claim;
    when(bed, NULL, before, act);
    assert_int_equal(begin(bed, &claim), MB_OK);
    bed_put(bed, ROOT "b1/binlogs/1", "x");
    when(bed, COMMIT, before, act);
    assert_int_equal(commit(bed, claim), MB_E_EXISTS);
    says(bed, sentence);
    assert_true(meanwhile.done);
    mb_claim_free(claim);
}

static void a_claim_that_is_lost_before_the_commit(void **state)
{
    struct bed *bed = *state;
    commit_while(bed, true, other_claims, "taken over by somebody else");
    assert_null(bed_get(bed, COMMIT));
    assert_non_null(strstr(bed_get(bed, MARK), "id-2"));
}

static void a_claim_that_is_lost_behind_the_commit(void **state)
{
    struct bed *bed = *state;
    commit_while(bed, false, other_claims, "taken over by somebody else");
    assert_null(bed_get(bed, COMMIT));
    assert_non_null(strstr(bed_get(bed, MARK), "id-2"));
}

static void a_delete_before_the_commit(void **state)
{
    struct bed *bed = *state;
    commit_while(bed, true, other_deletes, "was deleted while it was being made");
    assert_int_equal(bed_count(bed, ROOT), 0);
}

static void a_delete_behind_the_commit(void **state)
{
    struct bed *bed = *state;
    commit_while(bed, false, other_deletes, "was deleted while it was being made");
    assert_int_equal(bed_count(bed, ROOT), 0);
}

/* The commit of another is neither replaced nor taken back, where puts are refused and where not. */
static void the_first_commit_stays(void **state)
{
    struct bed *bed = *state;
    commit_while(bed, true, other_makes_all_of_it, "made by somebody else");
    assert_non_null(strstr(bed_get(bed, COMMIT), "id-2"));
}

/* ------------------------------------------------------------- deleting */

static void a_delete_leaves_alone_who_is_at_work(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    assert_int_equal(begin(bed, &claim), MB_OK);
    bed_put(bed, ROOT "b1/binlogs/1", "x");
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, NULL, NULL, &bed->error), MB_E_EXISTS);
    says(bed, "being made at this moment");
    assert_int_equal(bed_count(bed, ROOT), 2);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", true, NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(bed_count(bed, ROOT), 0);
    assert_int_equal(commit(bed, claim), MB_E_EXISTS);
    says(bed, "was deleted while it was being made");
    assert_int_equal(bed_count(bed, ROOT), 0);
    mb_claim_free(claim);
}

static void what_nobody_makes_is_deleted(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim;
    bed_record(bed, ROOT "b1", "id-1", 3600);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(begin(bed, &claim), MB_OK);
    mb_fail(&bed->error, MB_E_NO_SPACE, "no space");
    mb_claim_fail(claim, &bed->error);
    mb_claim_free(claim);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, NULL, NULL, &bed->error), MB_OK);
    bed_put(bed, MARK, "no record");
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, NULL, NULL, &bed->error), MB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(the_record_tells_who_and_when),
        BED_TEST(a_failure_is_written_into_it),
        BED_TEST(it_goes_only_with_its_generation),
        BED_TEST(who_is_at_work_is_left_alone),
        BED_TEST(another_task_of_this_process_is_left_alone),
        BED_TEST(a_task_of_this_process_that_has_ended_is_gone),
        BED_TEST(of_two_tasks_that_begin_at_once_one_has_the_name),
        BED_TEST(one_who_claims_between_two_looks_is_named),
        BED_TEST(force_takes_from_who_is_at_work),
        BED_TEST(clocks_that_differ_do_not_matter),
        BED_TEST(records_of_older_versions),
        BED_TEST(a_record_of_last_week),
        BED_TEST(the_last_record_counts_where_nothing_is_refused),
        BED_TEST(a_refusal_that_is_not_kept_is_found_out),
        BED_TEST(a_backup_that_was_made_meanwhile_stays),
        BED_TEST(of_two_who_take_over_the_last_one_has_it),
        BED_TEST(a_claim_that_is_lost_before_the_commit),
        BED_TEST(a_claim_that_is_lost_behind_the_commit),
        BED_TEST(a_delete_before_the_commit),
        BED_TEST(a_delete_behind_the_commit),
        BED_TEST(the_first_commit_stays),
        BED_TEST(a_delete_leaves_alone_who_is_at_work),
        BED_TEST(what_nobody_makes_is_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A claim is renewed while the work goes on, which ends when the claim is lost. */
#include "bed.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>

#define ROOT "backup/"
#define MARK ROOT "b1/meta/in_progress.json"

static const struct mb_claim_wish wish = {
    .backup_id = "id-1", .plan_digest = "3 collections", .timing = {.settle_ns = 1}};

static mb_status commit(struct bed *bed, struct mb_claim *claim)
{
    return mb_claim_commit(claim, "{}", 2, NULL, &bed->error);
}

static void says(struct bed *bed, const char *text)
{
    if (strstr(bed->error.message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", bed->error.message, text);
}

static void other_claims(struct bed *bed)
{
    bed_record(bed, ROOT "b1", "id-2", 0);
}

static void other_deletes(struct bed *bed)
{
    struct mb_error ignored = MB_ERROR_INIT;
    mb_storage_remove_prefix(bed->storage, ROOT "b1/", NULL, NULL, &ignored);
}

enum { BEAT_MS = 10 };

static atomic_bool puts_fail;
static atomic_int records_put;

static mb_status put_record(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    if (atomic_load(&puts_fail))
        return mb_fail(call->error, MB_E_FORBIDDEN, "the disk is gone");
    atomic_fetch_add(&records_put, strcmp(key, MARK) == 0);
    return mb_storage_plugin_entry()->put(store, key, opts, source, out, call);
}

static struct mb_claim *begin_quick(struct bed *bed, int64_t limit_ns)
{
    const struct mb_claim_wish quick = {
        .backup_id = "id-1",
        .plan_digest = "p",
        .timing = {.beat_ns = BEAT_MS * MB_NS_PER_MS, .limit_ns = limit_ns, .settle_ns = 1}};
    struct mb_claim *claim = NULL;
    atomic_store(&puts_fail, false);
    atomic_store(&records_put, 0);
    bed->driver.put = put_record;
    bed_reopen(bed);
    assert_int_equal(mb_claim_begin(&claim, &bed->catalog, "b1", &quick, NULL, &bed->error), MB_OK);
    return claim;
}

/* The work under the claim, which only ends when it is cancelled. */
static void work_until_cancelled(struct bed *bed, struct mb_claim *claim)
{
    assert_int_equal(mb_cancel_sleep(mb_claim_cancel(claim), 60 * MB_NS_PER_S, &bed->error), MB_E_CANCELLED);
    mb_claim_explain(claim, &bed->error);
    assert_true(mb_claim_is_lost(claim));
}

/* A beat that looked just before writes its record over what the other did, who then does it once more. */
static void interfere(struct bed *bed, struct mb_claim *claim, void (*other)(struct bed *bed))
{
    struct mb_error ignored = MB_ERROR_INIT;
    do
        other(bed);
    while (mb_cancel_sleep(mb_claim_cancel(claim), 20 * BEAT_MS * MB_NS_PER_MS, &ignored) == MB_OK);
}

static void the_heart_beats(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim = begin_quick(bed, 60 * MB_NS_PER_S);
    struct mb_error ignored = MB_ERROR_INIT;
    while (atomic_load(&records_put) < 4)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, &ignored);
    assert_int_equal(mb_claim_check(claim, NULL, &bed->error), MB_OK);
    assert_int_equal(commit(bed, claim), MB_OK);
    mb_claim_free(claim);
    assert_null(bed_get(bed, MARK));
}

static void work_stops_when_the_record_is_replaced(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim = begin_quick(bed, 60 * MB_NS_PER_S);
    interfere(bed, claim, other_claims);
    work_until_cancelled(bed, claim);
    says(bed, "taken over by somebody else");
    assert_int_equal(bed->error.status, MB_E_EXISTS);
    mb_claim_free(claim);
    assert_non_null(strstr(bed_get(bed, MARK), "theirs"));
}

static void work_stops_when_the_record_is_gone(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim = begin_quick(bed, 60 * MB_NS_PER_S);
    interfere(bed, claim, other_deletes);
    work_until_cancelled(bed, claim);
    says(bed, "was deleted while it was being made");
    mb_claim_free(claim);
    assert_int_equal(bed_count(bed, ROOT), 0); /* and it does not come again */
}

static void work_stops_when_the_claim_cannot_be_renewed(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim = begin_quick(bed, 600 * MB_NS_PER_MS);
    atomic_store(&puts_fail, true);
    work_until_cancelled(bed, claim);
    says(bed, "could not be renewed");
    says(bed, "the disk is gone");
    mb_claim_free(claim);
}

static void who_is_cancelled_is_not_told_that_it_lost(void **state)
{
    struct bed *bed = *state;
    struct mb_claim *claim = NULL;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    assert_int_equal(mb_claim_begin(&claim, &bed->catalog, "b1", &wish, cancel, &bed->error), MB_OK);
    mb_cancel_request(cancel);
    assert_int_equal(mb_cancel_sleep(mb_claim_cancel(claim), MB_NS_PER_S, &bed->error), MB_E_CANCELLED);
    assert_int_equal(mb_claim_explain(claim, &bed->error), MB_E_CANCELLED);
    mb_claim_fail(claim, &bed->error);
    assert_non_null(strstr(bed_get(bed, MARK), "it was stopped"));
    mb_claim_free(claim);
    mb_cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(the_heart_beats),
        BED_TEST(work_stops_when_the_record_is_replaced),
        BED_TEST(work_stops_when_the_record_is_gone),
        BED_TEST(work_stops_when_the_claim_cannot_be_renewed),
        BED_TEST(who_is_cancelled_is_not_told_that_it_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* claim.h - one process at a time makes the backup of a name.
 *
 * A claim is the record of claim_record.h with a generation of its own, and a heart that renews it every
 * minute from a thread.  A record whose heart has not beaten for ten minutes, whose owner is gone or has
 * failed, may be taken over; one whose heart beats only by force.  Who finds its record replaced or gone, or
 * cannot renew it for so long that another might take it over, has lost: its work is cancelled with a
 * sentence.  claim.c says how two who want the same are told apart on stores that cannot refuse to overwrite.
 *
 * A claim is used by one thread, mb_claim_check and mb_claim_is_lost by any; cancel may be NULL. */
#ifndef MB_CATALOG_CLAIM_H
#define MB_CATALOG_CLAIM_H

#include "catalog/claim_record.h"

struct mb_claim;

#define MB_CLAIM_TO_DELETE "delete" /* the plan of who deletes what another was making */

/* All zero for the usual ones. */
struct mb_claim_timing {
    int64_t beat_ns;   /* from one renewal to the next: a minute */
    int64_t limit_ns;  /* without a beat, after which the record may be taken over: ten minutes */
    int64_t settle_ns; /* to wait before reading back what another may have overwritten: a second */
};

struct mb_claim_wish {
    const char *backup_id;
    const char *plan_digest;
    bool force; /* take over also what beats */
    struct mb_claim_timing timing;
};

/* Claims a name that is free.  Of several at once one wins; the others get MB_E_EXISTS with a sentence that
 * says what lies there and what can be done.  After any failure the name is as free as before. */
mb_status mb_claim_begin(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                         const struct mb_claim_wish *wish, struct mb_cancel *cancel, struct mb_error *error);

/* MB_E_EXISTS for a name whose backup is not complete, with who makes it or what became of that. */
mb_status mb_claim_fail_taken(const struct mb_catalog *catalog, const char *name, struct mb_cancel *cancel,
                              struct mb_error *error);

/* Goes on with what the record that was read stands for; its backup_id and plan_digest count, not the wish's.
 * MB_E_EXISTS while the owner is at work, or when somebody else does the same. */
mb_status mb_claim_take_over(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                             const struct mb_claim_record *seen, const struct mb_claim_wish *wish,
                             struct mb_cancel *cancel, struct mb_error *error);

/* Is somebody at work on it?  Judged by the store's clock where it tells one: see claim.c. */
enum mb_heart mb_claim_heart(const struct mb_catalog *catalog, const char *name,
                             const struct mb_claim_record *seen, const struct mb_claim_timing *timing,
                             struct mb_cancel *cancel);

/* Stops the heart and frees; the record stays.  NULL is allowed. */
void mb_claim_free(struct mb_claim *claim);

/* What the work under the claim is cancelled by: when the caller's token is, and when the claim is lost. */
struct mb_cancel *mb_claim_cancel(struct mb_claim *claim);

const char *mb_claim_backup_id(const struct mb_claim *claim);

/* Does the record still say so, and has nobody committed?  MB_E_EXISTS with a sentence otherwise.  To be
 * asked before anything is removed that another might need. */
mb_status mb_claim_check(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error);

/* Commits: data becomes backup_meta.json, unless it is there, and the record goes.  The claim is compared
 * right before and right after; when it was lost in between, the commit is taken back: MB_E_EXISTS. */
mb_status mb_claim_commit(struct mb_claim *claim, const void *data, size_t len, struct mb_cancel *cancel,
                          struct mb_error *error);

/* After the work has failed with error: puts the reason there instead when it is that the claim was lost. */
mb_status mb_claim_explain(struct mb_claim *claim, struct mb_error *error);
bool mb_claim_is_lost(struct mb_claim *claim);

/* Writes into the record when and why the work failed, and stops the heart; for some seconds, whatever was
 * cancelled, and without complaint. */
void mb_claim_fail(struct mb_claim *claim, const struct mb_error *why);

/* Takes the record away, for work that failed before it wrote anything: the name is free again.  As long as
 * mb_claim_fail at most. */
mb_status mb_claim_abandon(struct mb_claim *claim, struct mb_error *error);

#endif

/* claim_record.h - meta/in_progress.json: who makes a backup at this moment, or made it until it failed or
 * was killed.
 *
 * What the record entitles to is the claim's affair (claim.h). */
#ifndef MB_CATALOG_CLAIM_RECORD_H
#define MB_CATALOG_CLAIM_RECORD_H

#include "base/clock.h"
#include "catalog/catalog.h"

/* Without a sign of life for so long, nobody is at work. */
#define MB_HEART_LIMIT_NS (600 * MB_NS_PER_S)

/* No member is NULL; those that older versions did not write are "". */
struct mb_claim_record {
    const char *backup_id;   /* that of the backup to come; unique */
    const char *plan_digest; /* of what is to be backed up: a resumed create must plan the same */
    const char *owner;       /* see base/owner.h */
    const char *started;     /* "2026-11-21T06:49:30Z" */
    const char *generation;  /* random; every take-over makes a new one */
    const char *heartbeat;   /* when the owner last said that it is at work, by its own clock */
    const char *failed;      /* when the work failed; "" while it goes on */
    const char *reason;      /* why it failed */
};

/* The record of a backup in progress, into arena.  MB_E_NOT_FOUND without one. */
mb_status mb_claim_record_read(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                               struct mb_claim_record *out, struct mb_cancel *cancel, struct mb_error *error);

/* The same for the backup's directory. */
mb_status mb_claim_record_read_in(const struct mb_catalog *catalog, const char *dir, struct mb_arena *arena,
                                  struct mb_claim_record *out, struct mb_cancel *cancel,
                                  struct mb_error *error);

/* flags are those of a put. */
mb_status mb_claim_record_write(const struct mb_catalog *catalog, const char *key,
                                const struct mb_claim_record *record, unsigned flags,
                                struct mb_cancel *cancel, struct mb_error *error);

/* How long ago the owner gave a sign of life, by the clocks of this machine and of the owner's. */
int64_t mb_claim_record_age(const struct mb_claim_record *record);

/* Is somebody at work who last gave a sign of life age_ns ago?  After limit_ns without one nobody is, nor
 * when the process that wrote the record is known to be gone. */
enum mb_heart mb_claim_record_heart(const struct mb_claim_record *record, int64_t age_ns, int64_t limit_ns);

/* What became of making the backup, for people: "it is being made at this moment (nightly-3, process 4711)".
 * NULL without memory. */
const char *mb_claim_record_describe(const struct mb_claim_record *record, struct mb_arena *arena);

#endif

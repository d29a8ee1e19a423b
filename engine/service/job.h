/* job.h - what differs between the kinds of task: how a request is judged, started, and at work on a backup.
 */
#ifndef MB_SERVICE_JOB_H
#define MB_SERVICE_JOB_H

#include "service/service.h"

/* How a task is at work on its backup. */
enum mb_use { MB_READS, MB_WRITES, MB_REMOVES };

/* Judges the request alone; of a transfer its name, since the other side is not open yet. */
mb_status mb_job_check(const struct mb_job *job, struct mb_error *error);

/* The backup, or of a prune the pattern; NULL for one that the library names, as nobody else does, and for a
 * prune of all. */
const char *mb_job_backup(const struct mb_job *job);

/* Another backup, in the same place, that it writes; or NULL. */
const char *mb_job_output(const struct mb_job *job);

/* In the place that the job names, and in the other one of a transfer. */
enum mb_use mb_job_use(const struct mb_job *job);
enum mb_use mb_job_peer_use(const struct mb_job *job);

/* Does it wait for its turn, or never? */
bool mb_job_waits(int32_t kind);

/* peer is the other side of a transfer. */
mb_status mb_job_start(const struct mb_job *job, struct mb_session *session, struct mb_session *peer,
                       struct mb_task **out, struct mb_error *error);

#endif

#include "secondary/run.h"

#include "base/random.h"

mb_status mb_secondary_settle(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_wait wait = {0};
    mb_progress_wait(run->restore.env->progress, &wait, "waiting for the secondary to confirm %llu messages",
                     (unsigned long long)mb_replication_sent(run->replication));
    mb_status status = mb_replication_settle(run->replication, cancel, error);
    mb_progress_wait_end(&wait);
    return status;
}

mb_status mb_secondary_number(int64_t *out, struct mb_error *error)
{
    uint64_t number;
    do
        MB_TRY(mb_random_bytes(&number, sizeof number, error));
    while (number >> 33 == 0); /* far from the small ones that a server may have given */
    *out = (int64_t)(number >> 1);
    return MB_OK;
}

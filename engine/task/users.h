/* users.h - which backups the tasks of a process are at work on. */
#ifndef MB_TASK_USERS_H
#define MB_TASK_USERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* One task's; the task's own. */
struct mb_user {
    const char *backup;
    int32_t kind; /* MB_TASK_* */
    struct mb_user *next, **link;
};

struct mb_users {
    pthread_mutex_t lock;
    struct mb_user *first;
};

void mb_users_init(struct mb_users *users);
void mb_users_done(struct mb_users *users);

void mb_users_join(struct mb_users *users, struct mb_user *user);
void mb_users_leave(struct mb_users *users, struct mb_user *user); /* nothing for one that has not joined */

/* The kind of a task that is at work on that backup, or waits for its turn to be; 0 for none.  In whichever
 * place it lies: rather one too many. */
int32_t mb_users_find(struct mb_users *users, const char *backup);

#endif

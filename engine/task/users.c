#include "task/users.h"

#include <string.h>

void mb_users_init(struct mb_users *users)
{
    pthread_mutex_init(&users->lock, NULL);
    users->first = NULL;
}

void mb_users_done(struct mb_users *users)
{
    pthread_mutex_destroy(&users->lock);
}

void mb_users_join(struct mb_users *users, struct mb_user *user)
{
    pthread_mutex_lock(&users->lock);
    user->next = users->first;
    user->link = &users->first;
    if (user->next != NULL)
        user->next->link = &user->next;
    users->first = user;
    pthread_mutex_unlock(&users->lock);
}

void mb_users_leave(struct mb_users *users, struct mb_user *user)
{
    pthread_mutex_lock(&users->lock);
    if (user->link != NULL) { /* which its neighbours change, too */
        *user->link = user->next;
        if (user->next != NULL)
            user->next->link = user->link;
        user->link = NULL;
    }
    pthread_mutex_unlock(&users->lock);
}

int32_t mb_users_find(struct mb_users *users, const char *backup)
{
    int32_t kind = 0;
    pthread_mutex_lock(&users->lock);
    for (const struct mb_user *user = users->first; user != NULL && kind == 0; user = user->next)
        if (strcmp(user->backup, backup) == 0)
            kind = user->kind;
    pthread_mutex_unlock(&users->lock);
    return kind;
}

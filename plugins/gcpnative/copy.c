/* copy.c - copies inside the service.  A large one takes several requests, each of which hands on a token;
 * when the time of a call is over its token is kept, so that the next call for the same copy goes on from
 * there. */
#include "gcpnative.h"

#include "base/buf.h"
#include "base/call.h"
#include "base/error.h"
#include "common/driver.h"
#include "http/url.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BEGUN 256U /* tokens that are kept; of more the oldest goes */

struct begun {
    struct begun *next;
    char *path; /* of the request: names source and destination */
    bool absent;
    char *token;
};

struct gcs_copies {
    pthread_mutex_t lock;
    struct begun *newest;
};

mb_status gcs_copies_new(struct gcs_copies **out, struct mb_error *error)
{
    struct gcs_copies *copies = calloc(1, sizeof(*copies));
    if (copies == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&copies->lock, NULL);
    *out = copies;
    return MB_OK;
}

static void free_begun(struct begun *begun)
{
    if (begun == NULL)
        return;
    free(begun->path);
    free(begun->token);
    free(begun);
}

void gcs_copies_free(struct gcs_copies *copies)
{
    if (copies == NULL)
        return;
    for (struct begun *begun = copies->newest, *next; begun != NULL; begun = next) {
        next = begun->next;
        free_begun(begun);
    }
    pthread_mutex_destroy(&copies->lock);
    free(copies);
}

/* Where an earlier call for this copy came to: the caller's, NULL when there was none.  Of two at once only
 * one gets it. */
static char *take_token(struct gcs_copies *copies, const char *path, bool absent)
{
    char *token = NULL;
    pthread_mutex_lock(&copies->lock);
    struct begun **at = &copies->newest;
    while (*at != NULL && ((*at)->absent != absent || strcmp((*at)->path, path) != 0))
        at = &(*at)->next;
    struct begun *found = *at;
    if (found != NULL)
        *at = found->next;
    pthread_mutex_unlock(&copies->lock);
    if (found != NULL) {
        token = found->token;
        found->token = NULL;
        free_begun(found);
    }
    return token;
}

/* Takes the token over.  Without memory it is lost, and the copy begins anew. */
static void keep_token(struct gcs_copies *copies, const char *path, bool absent, char *token)
{
    struct begun *begun = calloc(1, sizeof(*begun));
    char *copy = strdup(path);
    if (begun == NULL || copy == NULL) {
        free(begun);
        free(copy);
        free(token);
        return;
    }
    *begun = (struct begun){.path = copy, .absent = absent, .token = token};
    pthread_mutex_lock(&copies->lock);
    begun->next = copies->newest;
    copies->newest = begun;
    struct begun *last = begun;
    for (unsigned count = 1; last != NULL && count < MOST_BEGUN; count++)
        last = last->next;
    struct begun *oldest = NULL;
    if (last != NULL) {
        oldest = last->next;
        last->next = NULL;
    }
    pthread_mutex_unlock(&copies->lock);
    free_begun(oldest);
}

static mb_status read_step(const json_t *answer, char **token, json_t **resource, struct mb_error *error)
{
    const char *next = json_string_value(json_object_get(answer, "rewriteToken"));
    free(*token);
    *token = NULL;
    if (json_is_true(json_object_get(answer, "done"))) {
        *resource = json_incref(json_object_get(answer, "resource"));
        return *resource != NULL
                   ? MB_OK
                   : mb_fail(error, MB_E_PROTOCOL, "a finished rewrite does not describe the object");
    }
    if (next == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "a rewrite is not done and has no token");
    *token = strdup(next);
    return *token != NULL ? MB_OK : mb_fail_memory(error);
}

/* One step of a rewrite: *resource is the object's description, or *token that for the next step. */
static mb_status rewrite_step(struct mb_store *store, const char *path, bool absent, char **token,
                              json_t **resource, const struct mb_call *call)
{
    json_t *answer = NULL;
    const struct mb_pair query[] = {
        {"rewriteToken", *token}, {"ifGenerationMatch", absent ? "0" : NULL}, {NULL, NULL}};
    const struct gcs_request request = {
        .http.method = "POST", .path = path, .query = query, .http.patient = true};
    MB_TRY(gcs_send_json(store, &request, &answer, call));
    mb_status status = read_step(answer, token, resource, call->error);
    json_decref(answer);
    return status;
}

/* A kept token may have grown old, or its source may have been replaced: the copy then begins anew. */
static mb_status rewrite(struct mb_store *store, const char *path, bool absent, json_t **resource,
                         const struct mb_call *call)
{
    char *token = take_token(store->copies, path, absent);
    bool untried = token != NULL;
    mb_status status = MB_OK;
    while (status == MB_OK && *resource == NULL) {
        status = rewrite_step(store, path, absent, &token, resource, call);
        bool passing = status == MB_E_CANCELLED || (status < 0 && (call->error->flags & MB_ERR_RETRYABLE));
        if (status < 0 && untried && !passing) {
            mb_error_clear(call->error);
            free(token);
            token = NULL;
            status = MB_OK;
        }
        untried = false;
        if (status == MB_OK && *resource == NULL)
            status = mb_call_wanted(call);
    }
    if (status < 0 && token != NULL && (call->error->flags & MB_ERR_RETRYABLE))
        keep_token(store->copies, path, absent, token);
    else
        free(token);
    return status;
}

static mb_status copy_to(struct mb_store *dst, const char *path, bool absent, struct mb_stat *stat,
                         const struct mb_call *call)
{
    json_t *resource = NULL;
    if (rewrite(dst, path, absent, &resource, call) < 0)
        return mb_driver_decline(call->error, absent);
    mb_status status = gcs_read_stat(resource, stat, call->error);
    json_decref(resource);
    return status;
}

mb_status gcs_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                   const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_buf path = MB_BUF_INIT(32768);
    struct mb_stat stat;
    gcs_object_path(src, src_key, &path);
    mb_buf_puts(&path, "/rewriteTo/b/");
    mb_url_encode(&path, dst->bucket, "");
    mb_buf_puts(&path, "/o/");
    mb_url_encode(&path, dst_key, "");
    mb_status status = mb_buf_check(&path, "the keys", call->error);
    if (status == MB_OK)
        status = copy_to(dst, path.data, mb_put_is_new_only(opts), &stat, call);
    if (status == MB_OK)
        mb_stat_write(out, &stat);
    mb_buf_done(&path);
    return status;
}

/* gcpnative.h - Google Cloud Storage by its JSON API.  Private to the driver.
 *
 * Facts: Cloud Storage JSON API v1 (objects, buckets, uploads),
 * https://cloud.google.com/storage/docs/json_api. */
#ifndef MB_GCPNATIVE_GCS_H
#define MB_GCPNATIVE_GCS_H

#include "base/buf.h"
#include "common/credentials/credentials.h"
#include "common/options.h"
#include "common/table.h"

#include <jansson.h>

struct gcs_copies; /* of copy.c: those that were begun and not finished */

/* Never changes after open, the credentials and copies apart. */
struct mb_store {
    struct mb_http *http;
    struct mb_credentials *credentials; /* NULL: requests carry none */
    struct gcs_copies *copies;
    char *service;     /* "https://storage.googleapis.com" */
    char *bucket;      /* its name */
    char *bucket_path; /* "/storage/v1/b/<encoded name>" */
    char *project;     /* "" when not known */
    char *region;      /* of a bucket to be made; "" leaves it to the service */
};

/* What of an object's description is asked for. */
#define GCS_OBJECT_FIELDS "name,size,generation,updated,timeCreated,crc32c"

struct gcs_request {
    struct mb_http_request http; /* all but url, headers and max_body */
    const char *key;    /* of an object; NULL for all of the bucket, then 404 means that it is missing */
    const char *suffix; /* behind the object, "/compose"; or NULL */
    bool upload;        /* to the address for uploads */
    const char *path;   /* instead of all these: below the service, encoded */
    const struct mb_pair *query;   /* or NULL */
    const char *session;           /* the whole address instead: of an upload's session */
    const struct mb_pair *headers; /* or NULL */
    int fine;                      /* a status beside 2xx that is no failure; 0 for none */
};

/* One request with the credential of the moment, and with a renewed one when that is refused.  MB_OK for 2xx
 * only; another answer is made into an error.  response: see mb_http_send. */
mb_status gcs_send(struct mb_store *store, const struct gcs_request *request,
                   struct mb_http_response *response, const struct mb_call *call);

/* The same for an answer that is a JSON object; *out is the caller's to json_decref. */
mb_status gcs_send_json(struct mb_store *store, const struct gcs_request *request, json_t **out,
                        const struct mb_call *call);

/* The same for what is answered with an object's description. */
mb_status gcs_send_stat(struct mb_store *store, const struct gcs_request *request, struct mb_stat *out,
                        const struct mb_call *call);

/* POSTs body, which is taken over; NULL says that there was no memory for it. */
mb_status gcs_post_json(struct mb_store *store, const struct gcs_request *request, json_t *body, json_t **out,
                        const struct mb_call *call);

/* The JSON object of an answer that has come. */
mb_status gcs_answer_json(const struct mb_http_response *response, json_t **out, struct mb_error *error);

/* The CRC32C of the header X-Goog-Hash, "crc32c=AAAAAA==,md5=..."; header may be NULL. */
bool gcs_hash_crc(const char *header, uint32_t *out);

/* Appends "/storage/v1/b/<bucket>/o/<key>"; without "/<key>" for NULL. */
void gcs_object_path(const struct mb_store *store, const char *key, struct mb_buf *out);

/* Reads an object's description. */
mb_status gcs_read_stat(const json_t *object, struct mb_stat *out, struct mb_error *error);

/* A number that the service writes as a string. */
bool gcs_number(const json_t *value, uint64_t *out);

/* The time "updated" of an object's description, in whole seconds as a download tells it; 0 when there is
 * none. */
int64_t gcs_updated(const json_t *object);

/* put.c: in one request. */
mb_status gcs_put_whole(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                        const struct mb_source *source, struct mb_stat *out, const struct mb_call *call);

/* What is told of an object that is to be made, as text on the heap. */
mb_status gcs_describe(const char *key, const struct mb_put_options *opts, char **out,
                       struct mb_error *error);

/* copy.c */
mb_status gcs_copies_new(struct gcs_copies **out, struct mb_error *error);
void gcs_copies_free(struct gcs_copies *copies);

/* Is that a listing of objects, even when it is empty? */
mb_status gcs_expect_listing(const json_t *answer, struct mb_error *error);

/* list.c: as gcs_list_open, and shows the pieces of unfinished uploads. */
mb_status gcs_list_open_raw(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                            const struct mb_call *call);

/* piece.c: the parts of an upload are objects beside the one to come, joined by compose. */
enum { GCS_ID_LEN = 16 };

/* The key of the object to come, of which it is the beginning, and the upload's id; false for an object of
 * the user's. */
bool gcs_piece_parse(const char *key, size_t *key_len, char id[GCS_ID_LEN + 1]);

/* On the heap; NULL without memory.  The marker, which begin makes, has the name "0". */
char *gcs_piece_key(const char *key, const char *upload_id, const char *name);

/* auth.c: where tokens come from. */
struct gcs_auth_options {
    const char *type;             /* serviceAccount, default or none */
    const char *credentials_file; /* for serviceAccount */
    const struct mb_config_values *config;
};

/* *project (heap) is the project that the credentials name, "" when they name none.  *out is NULL for none.
 */
mb_status gcs_auth_open(struct mb_credentials **out, char **project, struct mb_http *http,
                        const struct gcs_auth_options *options, struct mb_error *error);

MB_SLOT(gcs, open);
MB_SLOTS(gcs);

#endif

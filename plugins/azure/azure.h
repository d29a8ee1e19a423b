/* azure.h - Azure Blob Storage.  Private to the driver.
 *
 * Facts: Blob service REST API, version 2021-08-06, https://learn.microsoft.com/rest/api/storageservices. */
#ifndef MB_AZURE_AZURE_H
#define MB_AZURE_AZURE_H

#include "base/buf.h"
#include "common/credentials/credentials.h"
#include "common/table.h"
#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>

#define AZURE_VERSION "2021-08-06"

enum azure_auth {
    AZURE_SHARED_KEY, /* every request is signed with the account's key */
    AZURE_SAS,        /* every request carries the signature that the user gave */
    AZURE_TOKEN       /* every request carries a bearer token */
};

/* A key that signs for a while what the bearer of a token may do. */
struct azure_delegation {
    pthread_mutex_t mutex;
    char *oid, *tid, *start, *expiry, *service, *version;
    unsigned char key[64];
    size_t key_len;
    int64_t renew_ns; /* CLOCK_REALTIME; 0 while there is none */
};

/* Never changes after open, but for tokens, delegation and what the service was found not to do. */
struct mb_store {
    struct mb_http *http;
    enum azure_auth auth;
    struct mb_credentials *tokens; /* NULL unless auth is AZURE_TOKEN */
    struct azure_delegation delegation;
    char *service;      /* "https://account.blob.core.windows.net", "http://127.0.0.1:10000/account" */
    char *service_path; /* its path: "" or "/account" */
    char *suffix;       /* what accounts of one cloud have in common: "core.windows.net", "127.0.0.1:10000" */
    char *account;
    char *container;
    char *sas;              /* without '?' */
    atomic_bool async_only; /* the account refuses synchronous copies */
    unsigned char key[64];
    size_t key_len;
};

/* One request.  A key addresses a blob, NULL the container, and for_service the account. */
struct azure_request {
    struct mb_http_request http; /* all but url, headers and max_body */
    const char *key;
    bool for_service;
    const struct mb_pair *query;   /* names in lower case; or NULL */
    const struct mb_pair *headers; /* or NULL */
    bool in_batch;                 /* not sent by itself: the version is told for the whole batch */
};

/* Appends the address with its query. */
void azure_request_url(const struct mb_store *store, const struct azure_request *request, struct mb_buf *out);

/* Adds the request's own headers and those that prove who asks. */
mb_status azure_authorize(struct mb_store *store, const struct azure_request *request,
                          struct mb_headers *headers, const struct mb_call *call);

/* Signs and sends; once more with a fresh token when that was refused.  MB_OK for 2xx only. */
mb_status azure_send(struct mb_store *store, const struct azure_request *request,
                     struct mb_http_response *response, const struct mb_call *call);

/* The same for an answer of which nothing but the success is wanted. */
mb_status azure_do(struct mb_store *store, const struct azure_request *request, const struct mb_call *call);

/* Appends the address of a blob, encoded, without query. */
void azure_blob_url(const struct mb_store *store, const char *key, struct mb_buf *out);

/* What a response's headers say of an object; size is not touched. */
void azure_read_headers(const struct mb_headers *headers, struct mb_stat *stat);

/* sign.c */
mb_status azure_sign(const struct mb_store *store, const struct azure_request *request,
                     struct mb_headers *headers, struct mb_error *error);

/* Base64 of the HMAC-SHA256 of text. */
mb_status azure_hmac(const unsigned char *key, size_t key_len, const char *text, char *out, size_t cap,
                     struct mb_error *error);

/* sas.c: appends a query that lets its bearer read one blob for an hour. */
mb_status azure_sas_for_reading(struct mb_store *store, const char *key, struct mb_buf *out,
                                const struct mb_call *call);

/* object.c: what If-None-Match has to say. */
const char *azure_none_if_absent(const struct mb_put_options *opts);

/* What a write of size bytes was answered with; where the answer does not say, what lies there. */
mb_status azure_written(struct mb_store *store, const char *key, const struct mb_http_response *response,
                        uint64_t size, struct mb_stat *out, const struct mb_call *call);

/* copy.c: appends the address from which the service may read a blob. */
mb_status azure_copy_source(struct mb_store *src, const char *key, struct mb_buf *out,
                            const struct mb_call *call);

/* A failure of a synchronous copy that says nothing against an asynchronous one. */
bool azure_wants_async(const struct mb_error *error);

/* list.c: as azure_list_open, and shows blobs that have blocks only. */
mb_status azure_list_open_uncommitted(struct mb_list **out, struct mb_store *store,
                                      const struct mb_list_options *opts, const struct mb_call *call);

/* identity.c: tokens from the environment (client secret, federated token), which http asks for and has to
 * outlive, or of the machine's managed identity, which is asked by options but waits only shortly. */
mb_status azure_identity_open(struct mb_credentials **out, struct mb_http *http,
                              const struct mb_http_options *options, struct mb_error *error);

MB_SLOT(azure, open);
MB_SLOT(azure, remove_many);
MB_SLOT(azure, mpu_copy_part);
MB_SLOTS(azure);

#endif

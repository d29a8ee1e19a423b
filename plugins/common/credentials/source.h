/* source.h - what the providers of short-lived credentials have in common. */
#ifndef MB_COMMON_CREDENTIALS_SOURCE_H
#define MB_COMMON_CREDENTIALS_SOURCE_H

#include "base/buf.h"
#include "common/credentials/credentials.h"
#include "common/driver.h"
#include "common/options.h"

#include <jansson.h>

/* The ctx of a provider: how to ask, and what auth.endpoint says. */
struct mb_credential_source {
    struct mb_http *http;
    char *endpoint; /* without a slash at its end; NULL for the usual one */
};

/* A cache over provider, whose ctx is a mb_credential_source and whose free is mb_credential_source_free.
 * Services of the machine are near, so that it waits for them only shortly. */
mb_status mb_credential_source_open(struct mb_credentials **out,
                                    const struct mb_credentials_provider *provider,
                                    const struct mb_config_values *config, struct mb_error *error);
void mb_credential_source_free(void *ctx);

/* A place where credentials may come from, and when they do: when all the variables of the environment are
 * set and has, unless it is NULL, says so.  With auth.type iam, which asks for an identity of the machine,
 * a place where people put keys of their own is passed over. */
struct mb_credential_place {
    struct mb_credentials_provider provider;
    const char *variables[5]; /* NULL behind the last */
    bool (*has)(void);
    bool of_people;
};

/* The same for the first of the places that has credentials; the last of them is without conditions. */
mb_status mb_credential_source_find(struct mb_credentials **out, const struct mb_credential_place *places,
                                    const struct mb_config_values *config, struct mb_error *error);

/* NULL when it is not set or empty. */
const char *mb_environment(const char *name);

/* The whole of a small text file (a token), without white space at its end. */
mb_status mb_token_read(const char *path, struct mb_buf *out, struct mb_error *error);

/* The string member of that name; "" when there is none, or no name. */
const char *mb_json_text(const json_t *object, const char *key);

/* Names of the members of a JSON credential. expires is a date (ISO 8601) or a number of seconds since 1970;
 * one that is missing stands for never. */
struct mb_credential_fields {
    const char *id;
    const char *secret;
    const char *token;
    const char *expires;
};

mb_status mb_credential_from_json(const json_t *object, const struct mb_credential_fields *fields,
                                  const struct mb_credential **out, struct mb_error *error);

/* What an answer means with which a service gives no credential; said is its body, or the code in that.  One
 * that is busy, or cannot reach another, is asked again: some tell so by a status of 400.  0: what the HTTP
 * status means. */
mb_status mb_credential_refusal(int http_status, const char *said);

/* Sends and keeps the body of an answer of 2xx; other answers are failures that name the URL.  status is that
 * of HTTP, 0 when there was no answer; it may be NULL. */
mb_status mb_source_ask(struct mb_http *http, const struct mb_http_request *request, struct mb_buf *out,
                        int *status, const struct mb_call *call);

/* The same for a JSON object; *out is the caller's to json_decref. */
mb_status mb_source_ask_json(struct mb_http *http, const struct mb_http_request *request, json_t **out,
                             const struct mb_call *call);

/* What posts a form; all three outlive it. */
struct mb_http_request mb_form_request(const char *url, const struct mb_buf *form,
                                       struct mb_headers *headers);

/* Services of the machine are near: they answer soon or are not there, and no proxy leads to them. */
void mb_metadata_nearness(struct mb_http_options *options);

/* Where nobody answers there is no metadata service, and asking again will not make one: turns that failure
 * into MB_E_UNAUTHENTICATED, unless the call itself is over. */
mb_status mb_metadata_judge(mb_status status, const struct mb_call *call);

/* A metadata service that names the machine's role and gives a credential for it. */
struct mb_metadata_service {
    const char *base;          /* "http://169.254.169.254" */
    const char *session_path;  /* PUT here for a session first; NULL for none */
    const char *session_ttl;   /* header that says how long it lasts */
    const char *session_token; /* header that carries it */
    const char *roles_path;    /* GET: the role's name; below it: the credential */
    struct mb_credential_fields fields;
};

/* role is NULL when it has to be asked for. */
mb_status mb_metadata_fetch(const struct mb_credential_source *source,
                            const struct mb_metadata_service *service, const char *role,
                            const struct mb_credential **out, const struct mb_call *call);

#endif

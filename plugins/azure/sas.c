/* sas.c - "Create a service SAS" and "Create a user delegation SAS" of the REST API. */
#include "azure.h"

#include "base/buf.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/xml.h"
#include "http/url.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND   INT64_C(1000000000)
#define SAS_SECONDS     3600
#define KEY_SECONDS     (6 * 3600)
#define EARLIER_SECONDS 900 /* clocks differ */
#define LOOK_UP_NS      (NS_PER_SECOND / 5)

/* ------------------------------------------------------------- the delegation key */

static void forget(struct azure_delegation *delegation)
{
    char **texts[] = {&delegation->oid,    &delegation->tid,     &delegation->start,
                      &delegation->expiry, &delegation->service, &delegation->version};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
    explicit_bzero(delegation->key, sizeof(delegation->key));
    delegation->key_len = 0;
    delegation->renew_ns = 0;
}

static mb_status take_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct azure_delegation *delegation = ctx;
    const struct {
        const char *name;
        char **out;
    } members[] = {{"SignedOid", &delegation->oid},         {"SignedTid", &delegation->tid},
                   {"SignedStart", &delegation->start},     {"SignedExpiry", &delegation->expiry},
                   {"SignedService", &delegation->service}, {"SignedVersion", &delegation->version}};
    if (depth != 1)
        return MB_OK;
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        if (strcmp(name, members[i].name) == 0 && *members[i].out == NULL &&
            (*members[i].out = strdup(text)) == NULL)
            return MB_E_NO_MEMORY;
    if (strcmp(name, "Value") == 0 && strlen(text) == 44) {
        unsigned char decoded[33];
        if (EVP_DecodeBlock(decoded, (const unsigned char *)text, 44) == 33) {
            memcpy(delegation->key, decoded, 32);
            delegation->key_len = 32;
        }
        explicit_bzero(decoded, sizeof(decoded));
    }
    return MB_OK;
}

static mb_status ask_key(struct mb_store *store, const struct mb_call *call)
{
    static const struct mb_xml_events events = {.close = take_element};
    static const struct mb_pair query[] = {
        {"comp", "userdelegationkey"}, {"restype", "service"}, {NULL, NULL}};
    struct azure_delegation *delegation = &store->delegation;
    struct mb_http_response response = {0};
    char start[32], expiry[32], body[256];
    int64_t now = mb_clock_wall() / NS_PER_SECOND;
    mb_clock_format((now - EARLIER_SECONDS) * NS_PER_SECOND, start, sizeof(start));
    mb_clock_format((now + KEY_SECONDS) * NS_PER_SECOND, expiry, sizeof(expiry));
    snprintf(body, sizeof(body), "<KeyInfo><Start>%s</Start><Expiry>%s</Expiry></KeyInfo>", start, expiry);

    struct azure_request request = {.http.method = "POST",
                                    .for_service = true,
                                    .query = query,
                                    .http.body = body,
                                    .http.body_len = strlen(body)};
    mb_status status = azure_send(store, &request, &response, call);
    forget(delegation);
    if (status == MB_OK)
        status =
            mb_xml_parse(mb_buf_text(&response.body), response.body.len, &events, delegation, call->error);
    if (status == MB_E_NO_MEMORY)
        mb_fail_memory(call->error);
    if (status == MB_OK &&
        (!delegation->oid || !delegation->tid || !delegation->start || !delegation->expiry ||
         !delegation->service || !delegation->version || delegation->key_len == 0))
        status = mb_fail(call->error, MB_E_PROTOCOL, "the user delegation key is incomplete");
    if (status == MB_OK)
        delegation->renew_ns = (now + KEY_SECONDS - 2 * SAS_SECONDS) * NS_PER_SECOND;
    else
        forget(delegation);
    mb_buf_wipe(&response.body);
    mb_http_response_done(&response);
    return status;
}

/* ------------------------------------------------------------- signatures */

struct sas {
    const char *key; /* of the blob */
    char start[32];
    char expiry[32];
    const char *protocol;
};

/* With the account's key, or by the delegation, whose mutex is then held. */
static mb_status sign(const struct mb_store *store, const struct sas *sas, const struct azure_delegation *by,
                      char *signature, size_t cap, struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(16384);
    mb_buf_printf(&text, "r\n%s\n%s\n/blob/%s/%s/%s\n", sas->start, sas->expiry, store->account,
                  store->container, sas->key);
    if (by != NULL)
        mb_buf_printf(&text, "%s\n%s\n%s\n%s\n%s\n%s\n\n\n", by->oid, by->tid, by->start, by->expiry,
                      by->service, by->version);
    mb_buf_printf(&text, "\n\n%s\n" AZURE_VERSION "\nb\n\n\n\n\n\n\n", sas->protocol);
    mb_status status = mb_buf_check(&text, "the text to sign", error);
    if (status == MB_OK)
        status = azure_hmac(by != NULL ? by->key : store->key, by != NULL ? by->key_len : store->key_len,
                            text.data, signature, cap, error);
    mb_buf_done(&text);
    return status;
}

static mb_status put_signed(const struct mb_store *store, const struct sas *sas,
                            const struct azure_delegation *by, struct mb_buf *out, struct mb_error *error)
{
    char signature[64];
    MB_TRY(sign(store, sas, by, signature, sizeof(signature), error));
    const struct mb_pair common[] = {{"sv", AZURE_VERSION},  {"st", sas->start}, {"se", sas->expiry},
                                     {"spr", sas->protocol}, {"sig", signature}, {NULL, NULL}};
    mb_buf_puts(out, "sp=r&sr=b");
    mb_url_pairs(out, common);
    if (by != NULL) {
        const struct mb_pair key[] = {{"skoid", by->oid},  {"sktid", by->tid},   {"skt", by->start},
                                      {"ske", by->expiry}, {"sks", by->service}, {"skv", by->version},
                                      {NULL, NULL}};
        mb_url_pairs(out, key);
    }
    return MB_OK;
}

/* Others wait while one asks for a key, as long as somebody waits for them. */
static mb_status lock_delegation(struct azure_delegation *delegation, const struct mb_call *call)
{
    mb_status status = MB_OK;
    while (status == MB_OK) {
        int64_t until =
            mb_clock_wall() + LOOK_UP_NS; /* GCC's thread sanitizer knows no lock by other clocks */
        const struct timespec ts = {.tv_sec = (time_t)(until / NS_PER_SECOND),
                                    .tv_nsec = (long)(until % NS_PER_SECOND)};
        if (pthread_mutex_timedlock(&delegation->mutex, &ts) == 0)
            return MB_OK;
        status = mb_call_wanted(call);
    }
    return status;
}

mb_status azure_sas_for_reading(struct mb_store *store, const char *key, struct mb_buf *out,
                                const struct mb_call *call)
{
    struct sas sas = {.key = key};
    int64_t now = mb_clock_wall() / NS_PER_SECOND;
    mb_status status = MB_OK;
    mb_clock_format((now - EARLIER_SECONDS) * NS_PER_SECOND, sas.start, sizeof(sas.start));
    mb_clock_format((now + SAS_SECONDS) * NS_PER_SECOND, sas.expiry, sizeof(sas.expiry));
    sas.protocol = strncmp(store->service, "https:", 6) == 0 ? "https" : "https,http";
    switch (store->auth) {
    case AZURE_SAS:
        return mb_buf_puts(out, store->sas);
    case AZURE_SHARED_KEY:
        return put_signed(store, &sas, NULL, out, call->error);
    case AZURE_TOKEN:
        break;
    }
    MB_TRY(lock_delegation(&store->delegation, call));
    if (store->delegation.renew_ns < mb_clock_wall())
        status = ask_key(store, call);
    if (status == MB_OK)
        status = put_signed(store, &sas, &store->delegation, out, call->error);
    pthread_mutex_unlock(&store->delegation.mutex);
    return status;
}

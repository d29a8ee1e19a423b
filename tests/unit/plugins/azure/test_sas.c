/* The fields of a signature that lets its bearer read a blob, and the string it was made of, in the order
 * that "Create a service SAS" and "Create a user delegation SAS" of the REST API give since version
 * 2020-12-06. */
#include "test.h"

#include "azure.h"
#include "base/buf.h"
#include "base/clock.h"
#include "http/url.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <unistd.h>

static int never(const struct mb_call *call)
{
    (void)call;
    return 0;
}

struct bed {
    struct mb_store store;
    struct mb_error error;
    struct mb_call call;
    struct mb_buf query;
};

static void bed_init(struct bed *bed, enum azure_auth auth)
{
    *bed = (struct bed){.error = MB_TEST_ERROR, .query = MB_BUF_INIT(4096)};
    bed->call = (struct mb_call){.struct_size = sizeof(bed->call), .cancelled = never, .error = &bed->error};
    bed->store.auth = auth;
    bed->store.service = (char *)(uintptr_t) "https://myaccount.blob.core.windows.net";
    bed->store.account = (char *)(uintptr_t) "myaccount";
    bed->store.container = (char *)(uintptr_t) "my container";
    bed->store.sas = (char *)(uintptr_t) "sv=1&sig=theirs";
    bed->store.key_len = 32;
    memset(bed->store.key, 'k', bed->store.key_len);
    pthread_mutex_init(&bed->store.delegation.mutex, NULL);
}

static void bed_done(struct bed *bed)
{
    pthread_mutex_destroy(&bed->store.delegation.mutex);
    mb_buf_done(&bed->query);
}

/* The decoded value of a field; fails the test when there is none. */
static const char *field(struct bed *bed, const char *name, char *out, size_t cap)
{
    char start[32];
    snprintf(start, sizeof(start), "%s=", name);
    const char *at = mb_buf_text(&bed->query);
    while (at != NULL && strncmp(at, start, strlen(start)) != 0)
        at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL;
    if (at == NULL)
        fail_msg("no %s in %s", name, mb_buf_text(&bed->query));
    at += strlen(start);
    snprintf(out, cap, "%.*s", (int)strcspn(at, "&"), at);
    assert_true(mb_url_decode(out, false));
    return out;
}

static void expect_signature(struct bed *bed, const unsigned char *key, const char *text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char wanted[64], sig[128];
    HMAC(EVP_sha256(), key, 32, (const unsigned char *)text, strlen(text), digest, &len);
    EVP_EncodeBlock((unsigned char *)wanted, digest, (int)len);
    assert_string_equal(field(bed, "sig", sig, sizeof(sig)), wanted);
}

static void expect_an_hour(struct bed *bed)
{
    char text[64];
    int64_t start, expiry, now = mb_clock_wall();
    assert_true(mb_clock_parse(field(bed, "st", text, sizeof(text)), &start));
    assert_true(mb_clock_parse(field(bed, "se", text, sizeof(text)), &expiry));
    assert_true(start < now - INT64_C(600000000000)); /* clocks differ */
    assert_true(expiry > now + INT64_C(3000000000000) && expiry < now + INT64_C(3700000000000));
}

static void by_the_accounts_key(void **state)
{
    (void)state;
    struct bed bed;
    char st[64], se[64], other[64], text[1024];
    bed_init(&bed, AZURE_SHARED_KEY);
    assert_int_equal(azure_sas_for_reading(&bed.store, "dir/a b+\xc3\xa9", &bed.query, &bed.call), MB_OK);
    assert_string_equal(field(&bed, "sp", other, sizeof(other)), "r");
    assert_string_equal(field(&bed, "sr", other, sizeof(other)), "b");
    assert_string_equal(field(&bed, "spr", other, sizeof(other)), "https");
    assert_string_equal(field(&bed, "sv", other, sizeof(other)), AZURE_VERSION);
    expect_an_hour(&bed);
    snprintf(text, sizeof(text),
             "r\n%s\n%s\n/blob/myaccount/my container/dir/a b+\xc3\xa9\n\n\nhttps\n" AZURE_VERSION
             "\nb\n\n\n\n\n\n\n",
             field(&bed, "st", st, sizeof(st)), field(&bed, "se", se, sizeof(se)));
    expect_signature(&bed, bed.store.key, text);
    bed_done(&bed);
}

static void by_a_delegated_key(void **state)
{
    (void)state;
    struct bed bed;
    char st[64], se[64], other[64], text[1024];
    unsigned char key[32];
    bed_init(&bed, AZURE_TOKEN);
    memset(key, 'd', sizeof(key));
    struct azure_delegation *delegation = &bed.store.delegation;
    delegation->oid = (char *)(uintptr_t) "object-1";
    delegation->tid = (char *)(uintptr_t) "tenant-1";
    delegation->start = (char *)(uintptr_t) "2024-01-01T00:00:00Z";
    delegation->expiry = (char *)(uintptr_t) "2024-01-07T00:00:00Z";
    delegation->service = (char *)(uintptr_t) "b";
    delegation->version = (char *)(uintptr_t)AZURE_VERSION;
    memcpy(delegation->key, key, sizeof(key));
    delegation->key_len = sizeof(key);
    delegation->renew_ns = INT64_MAX;
    assert_int_equal(azure_sas_for_reading(&bed.store, "k", &bed.query, &bed.call), MB_OK);
    assert_string_equal(field(&bed, "skoid", other, sizeof(other)), "object-1");
    assert_string_equal(field(&bed, "sktid", other, sizeof(other)), "tenant-1");
    assert_string_equal(field(&bed, "skt", other, sizeof(other)), "2024-01-01T00:00:00Z");
    assert_string_equal(field(&bed, "ske", other, sizeof(other)), "2024-01-07T00:00:00Z");
    assert_string_equal(field(&bed, "sks", other, sizeof(other)), "b");
    assert_string_equal(field(&bed, "skv", other, sizeof(other)), AZURE_VERSION);
    expect_an_hour(&bed);
    snprintf(text, sizeof(text),
             "r\n%s\n%s\n/blob/myaccount/my container/k\nobject-1\ntenant-1\n2024-01-01T00:00:00Z\n"
             "2024-01-07T00:00:00Z\nb\n" AZURE_VERSION "\n\n\n\n\nhttps\n" AZURE_VERSION "\nb\n\n\n\n\n\n\n",
             field(&bed, "st", st, sizeof(st)), field(&bed, "se", se, sizeof(se)));
    expect_signature(&bed, key, text);
    bed_done(&bed);
}

static void the_users_own_is_handed_on(void **state)
{
    (void)state;
    struct bed bed;
    bed_init(&bed, AZURE_SAS);
    assert_int_equal(azure_sas_for_reading(&bed.store, "k", &bed.query, &bed.call), MB_OK);
    assert_string_equal(mb_buf_text(&bed.query), "sv=1&sig=theirs");
    bed_done(&bed);
}

static void an_emulator_without_tls_may_be_asked_without(void **state)
{
    (void)state;
    struct bed bed;
    char spr[32];
    bed_init(&bed, AZURE_SHARED_KEY);
    bed.store.service = (char *)(uintptr_t) "http://127.0.0.1:10000/myaccount";
    assert_int_equal(azure_sas_for_reading(&bed.store, "k", &bed.query, &bed.call), MB_OK);
    assert_string_equal(field(&bed, "spr", spr, sizeof(spr)), "https,http");
    bed_done(&bed);
}

/* Somebody else asks for the key, and its service takes its time. */
static void who_waits_for_the_key_of_another_looks_up(void **state)
{
    (void)state;
    struct bed bed;
    bed_init(&bed, AZURE_TOKEN);
    alarm(20);
    pthread_mutex_lock(&bed.store.delegation.mutex);
    bed.call.deadline_ns = mb_clock_monotonic() + INT64_C(300000000);
    assert_int_equal(azure_sas_for_reading(&bed.store, "k", &bed.query, &bed.call), MB_E_TIMEOUT);
    pthread_mutex_unlock(&bed.store.delegation.mutex);
    alarm(0);
    bed_done(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_accounts_key),
        cmocka_unit_test(by_a_delegated_key),
        cmocka_unit_test(the_users_own_is_handed_on),
        cmocka_unit_test(an_emulator_without_tls_may_be_asked_without),
        cmocka_unit_test(who_waits_for_the_key_of_another_looks_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A token is what RFC 7519 and RFC 7518 section 3.3 say, by OpenSSL's own verification. */
#include "test.h"

#include "jwt.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

static char *pem_of(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    size_t len = (size_t)BIO_get_mem_data(bio, &data);
    char *pem = strndup(data, len);
    BIO_free(bio);
    assert_non_null(pem);
    return pem;
}

/* Undoes base64url into out; the number of bytes. */
static size_t decode(const char *text, size_t len, unsigned char *out)
{
    char padded[4096];
    assert_true(len + 4 < sizeof(padded));
    for (size_t i = 0; i < len; i++) {
        assert_true(text[i] != '+' && text[i] != '/' && text[i] != '=');
        padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
    size_t padding = (4 - len % 4) % 4;
    memset(padded + len, '=', padding);
    padded[len + padding] = '\0';
    int got = EVP_DecodeBlock(out, (const unsigned char *)padded, (int)(len + padding));
    assert_true(got >= (int)padding);
    return (size_t)got - padding;
}

static void expect_json(const char *text, size_t len, const char *wanted)
{
    unsigned char bytes[4096];
    size_t got = decode(text, len, bytes);
    json_t *found = json_loadb((const char *)bytes, got, 0, NULL);
    json_t *expected = json_loads(wanted, 0, NULL);
    assert_true(json_equal(found, expected));
    json_decref(found);
    json_decref(expected);
}

static void it_is_signed_with_the_key(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    EVP_PKEY *key = EVP_RSA_gen(1024);
    char *pem = pem_of(key);
    json_t *claims = json_pack("{s:s, s:i}", "iss", "a+b/c?", "exp", 7);
    unsigned char signature[1024];
    char *token = NULL;
    assert_int_equal(gcs_jwt_sign(pem, "id-1", claims, &token, &error), MB_OK);

    char *first = strchr(token, '.');
    char *second = first ? strchr(first + 1, '.') : NULL;
    assert_non_null(second);
    assert_null(strchr(second + 1, '.'));
    expect_json(token, (size_t)(first - token), "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"id-1\"}");
    expect_json(first + 1, (size_t)(second - first - 1), "{\"iss\":\"a+b/c?\",\"exp\":7}");
    size_t len = decode(second + 1, strlen(second + 1), signature);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(
        EVP_DigestVerify(digest, signature, len, (const unsigned char *)token, (size_t)(second - token)), 1);
    EVP_MD_CTX_free(digest);
    free(token);
    free(pem);
    json_decref(claims);
    EVP_PKEY_free(key);
}

static void expect_refusal(const char *pem, const json_t *claims, mb_status status)
{
    struct mb_error error = MB_TEST_ERROR;
    char *token = NULL;
    assert_int_equal(gcs_jwt_sign(pem, "", claims, &token, &error), status);
    assert_null(token);
    assert_true(error.message[0] != '\0');
    assert_lacks(error.message, "SECRET");
}

static void what_is_no_rsa_key(void **state)
{
    (void)state;
    json_t *claims = json_object();
    EVP_PKEY *curve = EVP_EC_gen("P-256");
    char *pem = pem_of(curve);
    expect_refusal("", claims, MB_E_CONFIG);
    expect_refusal("SECRET", claims, MB_E_CONFIG);
    expect_refusal("-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n", claims, MB_E_CONFIG);
    expect_refusal("-----BEGIN PRIVATE KEY-----\n", claims, MB_E_CONFIG);
    expect_refusal(pem, claims, MB_E_CONFIG);
    free(pem);
    EVP_PKEY_free(curve);
    json_decref(claims);
}

static void claims_beyond_all_measure(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(1024);
    char *pem = pem_of(key);
    char *text = calloc(1, 100001);
    memset(text, 'x', 100000);
    json_t *claims = json_pack("{s:s}", "iss", text);
    expect_refusal(pem, claims, MB_E_INVALID);
    json_decref(claims);
    free(text);
    free(pem);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_signed_with_the_key),
        cmocka_unit_test(what_is_no_rsa_key),
        cmocka_unit_test(claims_beyond_all_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

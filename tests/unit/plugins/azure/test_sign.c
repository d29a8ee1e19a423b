/* The strings to sign that the REST API's pages "Authorize with Shared Key" show; the signature over each is
 * computed here with OpenSSL alone. */
#include "test.h"

#include "azure.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static struct mb_store store_of(const char *account, const char *container, const char *service_path)
{
    struct mb_store store = {.account = (char *)(uintptr_t)account,
                             .container = (char *)(uintptr_t)container,
                             .service_path = (char *)(uintptr_t)service_path,
                             .key_len = 32};
    memset(store.key, 'k', store.key_len);
    return store;
}

static void expect(const struct mb_store *store, const struct azure_request *request,
                   struct mb_headers *headers, const char *text)
{
    struct mb_error error = MB_TEST_ERROR;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char encoded[64], wanted[128];
    HMAC(EVP_sha256(), store->key, (int)store->key_len, (const unsigned char *)text, strlen(text), digest,
         &len);
    EVP_EncodeBlock((unsigned char *)encoded, digest, (int)len);
    snprintf(wanted, sizeof(wanted), "SharedKey %s:%s", store->account, encoded);
    assert_int_equal(azure_sign(store, request, headers, &error), MB_OK);
    assert_string_equal(mb_headers_get(headers, "Authorization"), wanted);
    mb_headers_done(headers);
}

static struct mb_headers dated(void)
{
    struct mb_headers headers = {0};
    mb_headers_set(&headers, "x-ms-version", "2015-02-21");
    mb_headers_set(&headers, "x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT");
    return headers;
}

static void container_metadata(void **state)
{
    (void)state;
    const struct mb_store store = store_of("myaccount", "mycontainer", "");
    static const struct mb_pair query[] = {
        {"restype", "container"}, {"comp", "metadata"}, {"timeout", "20"}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET", .query = query};
    struct mb_headers headers = dated();
    expect(&store, &request, &headers,
           "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
           "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20");
}

static void a_list_of_containers_contents(void **state)
{
    (void)state;
    const struct mb_store store = store_of("myaccount", "mycontainer", "");
    static const struct mb_pair query[] = {
        {"restype", "container"}, {"comp", "list"}, {"prefix", NULL}, {"marker", "a b"}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET", .query = query};
    struct mb_headers headers = dated();
    expect(&store, &request, &headers,
           "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
           "/myaccount/mycontainer\ncomp:list\nmarker:a b\nrestype:container");
}

static void a_blob_with_a_body(void **state)
{
    (void)state;
    const struct mb_store store = store_of("myaccount", "mycontainer", "");
    const struct azure_request request = {
        .http.method = "PUT", .key = "hello world+1", .http.body = "hello world", .http.body_len = 11};
    struct mb_headers headers = dated();
    mb_headers_set(&headers, "X-Ms-Blob-Type", "BlockBlob");
    mb_headers_set(&headers, "Content-Type", "text/plain");
    mb_headers_set(&headers, "If-None-Match", "*");
    expect(&store, &request, &headers,
           "PUT\n\n\n11\n\ntext/plain\n\n\n\n*\n\n\nx-ms-blob-type:BlockBlob\n"
           "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
           "/myaccount/mycontainer/hello%20world%2B1");
}

static void the_path_of_an_emulator(void **state)
{
    (void)state;
    const struct mb_store store = store_of("devaccount", "c", "/devaccount");
    const struct azure_request request = {.http.method = "HEAD", .key = "k"};
    struct mb_headers headers = dated();
    expect(&store, &request, &headers,
           "HEAD\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
           "/devaccount/devaccount/c/k");
}

static void a_body_without_bytes_has_no_length(void **state)
{
    (void)state;
    const struct mb_store store = store_of("a", "c", "");
    const struct azure_request request = {
        .http.method = "PUT", .key = "k", .http.body = "", .http.body_len = 0};
    struct mb_headers headers = dated();
    expect(&store, &request, &headers,
           "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 "
           "GMT\nx-ms-version:2015-02-21\n/a/c/k");
}

static void a_buffer_that_is_too_small(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    char out[44];
    assert_int_equal(azure_hmac((const unsigned char *)"k", 1, "text", out, sizeof(out), &error),
                     MB_E_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(container_metadata),
        cmocka_unit_test(a_list_of_containers_contents),
        cmocka_unit_test(a_blob_with_a_body),
        cmocka_unit_test(the_path_of_an_emulator),
        cmocka_unit_test(a_body_without_bytes_has_no_length),
        cmocka_unit_test(a_buffer_that_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

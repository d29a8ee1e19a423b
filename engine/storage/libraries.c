#include "storage/libraries.h"

#include <curl/curl.h>
#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <pthread.h>

/* They keep state of their own for the whole process, so that is where the record of it lives too. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode curl_result;
static int crypto_result;

static void init_all(void)
{
    crypto_result = OPENSSL_init_crypto(0, NULL);
    curl_result = curl_global_init(CURL_GLOBAL_DEFAULT);
    xmlInitParser();
}

mb_status mb_libraries_init(struct mb_error *error)
{
    pthread_once(&once, init_all);
    if (crypto_result != 1)
        return mb_fail(error, MB_E_INTERNAL, "initialise libcrypto");
    if (curl_result != CURLE_OK)
        return mb_fail(error, MB_E_INTERNAL, "initialise libcurl: %s", curl_easy_strerror(curl_result));
    return MB_OK;
}

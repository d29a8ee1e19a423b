#include "storage/libraries.h"

#include "http/http.h"

#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <pthread.h>

/* They keep state of their own for the whole process, so that is where the record of it lives too. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int crypto_result;

static void init_all(void)
{
    crypto_result = OPENSSL_init_crypto(0, NULL);
    xmlInitParser();
}

mb_status mb_libraries_init(struct mb_error *error)
{
    pthread_once(&once, init_all);
    if (crypto_result != 1)
        return mb_fail(error, MB_E_INTERNAL, "initialise libcrypto");
    return mb_http_init_once(error);
}

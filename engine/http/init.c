#include "http/http.h"

#include <curl/curl.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode result;

static void init(void)
{
    result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

mb_status mb_http_init_once(struct mb_error *error)
{
    pthread_once(&once, init);
    if (result != CURLE_OK)
        return mb_fail(error, MB_E_INTERNAL, "initialise libcurl: %s", curl_easy_strerror(result));
    return MB_OK;
}

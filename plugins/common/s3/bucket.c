#include "base/buf.h"
#include "base/error.h"
#include "common/s3/store.h"
#include "common/xml.h"
#include "http/url.h"

#include <string.h>

static mb_status expect_listing(void *ctx, const char *name, unsigned depth)
{
    struct mb_error *error = ctx;
    if (depth == 0 && strcmp(name, "ListBucketResult") != 0)
        return mb_fail(error, MB_E_PROTOCOL, "it is a %.60s", name);
    return MB_OK;
}

static mb_status ignore_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    (void)ctx;
    (void)name;
    (void)depth;
    (void)text;
    return MB_OK;
}

static mb_status list_one(struct mb_store *store, struct mb_s3_request *request, const struct mb_call *call)
{
    static const struct mb_xml_events events = {.open = expect_listing, .close = ignore_element};
    const struct mb_buf *body = &request->response.body;

    mb_url_query(&request->query, "list-type", "2");
    mb_url_query(&request->query, "max-keys", "1");
    MB_TRY(mb_s3_send(store, request, call));
    mb_status status = mb_xml_parse(mb_buf_text(body), body->len, &events, call->error, call->error);
    if (status != MB_E_PROTOCOL)
        return status;
    mb_error_context(call->error, "the answer is no listing of a bucket");
    return mb_error_advise(call->error, "check address and port");
}

/* Lists one key: that proves the host, the credential and the bucket, and unlike HEAD it is answered with a
 * reason. */
mb_status mb_s3_check(struct mb_store *store, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "GET", NULL);
    mb_status status = list_one(store, &request, call);
    mb_s3_request_done(&request);
    return status;
}

/* us-east-1 must not be named (CreateBucket). */
static void location_document(struct mb_store *store, struct mb_buf *out)
{
    pthread_mutex_lock(&store->lock);
    bool named = store->region[0] != '\0' && strcmp(store->region, "us-east-1") != 0 &&
                 strcmp(store->region, "auto") != 0;
    if (named) {
        mb_buf_puts(out, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                         "<LocationConstraint>");
        mb_xml_escape(out, store->region);
        mb_buf_puts(out, "</LocationConstraint></CreateBucketConfiguration>");
    }
    pthread_mutex_unlock(&store->lock);
}

mb_status mb_s3_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "PUT", NULL);

    location_document(store, &request.body);
    mb_status status = mb_s3_send_body(store, &request, "the region", call);
    mb_s3_request_done(&request);
    bool ours = status != MB_OK && strcmp(call->error->provider_code, "BucketAlreadyOwnedByYou") == 0;
    /* some services do not tell whose it is */
    ours = ours || (status == MB_E_EXISTS && mb_s3_check(store, call) == MB_OK);
    if (status == MB_E_EXISTS && !ours)
        return mb_fail(call->error, MB_E_EXISTS, "somebody else has a bucket '%s'", store->bucket);
    if (status != MB_OK && !ours)
        return status;
    mb_error_clear(call->error);
    return MB_OK;
}

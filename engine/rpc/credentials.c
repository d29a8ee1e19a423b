#include "rpc/credentials.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include <grpc/grpc_security.h>

enum { MAX_PEM = 1 << 20 };

struct texts {
    struct mb_buf cert, key, client_ca;
};

static mb_status read_text(const char *path, const char *key, struct mb_buf *out, struct mb_error *error)
{
    if (mb_file_text(path, out, error) == MB_OK)
        return MB_OK;
    mb_error_context(error, "%s", key);
    return mb_fail_as(error, MB_E_CONFIG);
}

static mb_status read_texts(const struct mb_rpc_options *options, struct texts *texts, struct mb_error *error)
{
    MB_TRY(read_text(options->tls_cert, "server.tls.certPath", &texts->cert, error));
    MB_TRY(read_text(options->tls_key, "server.tls.keyPath", &texts->key, error));
    if (mb_text_is_given(options->tls_client_ca))
        MB_TRY(read_text(options->tls_client_ca, "server.tls.clientCAPath", &texts->client_ca, error));
    return MB_OK;
}

static mb_status make(const struct mb_rpc_options *options, struct texts *texts,
                      grpc_server_credentials **out, struct mb_error *error)
{
    MB_TRY(read_texts(options, texts, error));
    grpc_ssl_pem_key_cert_pair pair = {.private_key = mb_buf_text(&texts->key),
                                       .cert_chain = mb_buf_text(&texts->cert)};
    bool asks = mb_text_is_given(options->tls_client_ca);
    *out = grpc_ssl_server_credentials_create_ex(
        asks ? mb_buf_text(&texts->client_ca) : NULL, &pair, 1,
        asks ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
             : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
        NULL);
    if (*out == NULL)
        return mb_fail(error, MB_E_CONFIG, "server.tls.certPath: %s and %s are not accepted",
                       options->tls_cert, options->tls_key);
    return MB_OK;
}

mb_status mb_rpc_credentials(const struct mb_rpc_options *options, grpc_server_credentials **out,
                             struct mb_error *error)
{
    if (!mb_text_is_given(options->tls_cert)) {
        *out = grpc_insecure_server_credentials_create();
        return MB_OK;
    }
    struct texts texts = {
        .cert = MB_BUF_INIT(MAX_PEM), .key = MB_BUF_INIT(MAX_PEM), .client_ca = MB_BUF_INIT(MAX_PEM)};
    mb_status status = make(options, &texts, out, error);
    mb_buf_done(&texts.cert);
    mb_buf_wipe(&texts.key);
    mb_buf_done(&texts.client_ca);
    return status;
}

#include "jwt.h"

#include "base/buf.h"
#include "base/error.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* Base64 with the alphabet for URLs and without padding (RFC 4648 section 5). */
static mb_status append_base64url(struct mb_buf *out, const void *data, size_t len)
{
    unsigned char *text = malloc((len + 2) / 3 * 4 + 1);
    if (text == NULL)
        return out->status = MB_E_NO_MEMORY;
    size_t written = (size_t)EVP_EncodeBlock(text, data, (int)len);
    while (written > 0 && text[written - 1] == '=')
        written--;
    for (size_t i = 0; i < written; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    mb_status status = mb_buf_append(out, text, written);
    free(text);
    return status;
}

static mb_status append_json(struct mb_buf *out, const json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text == NULL)
        return out->status = MB_E_NO_MEMORY;
    mb_status status = append_base64url(out, text, strlen(text));
    free(text);
    return status;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static mb_status append_signature(struct mb_buf *token, EVP_PKEY *key, struct mb_error *error)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    unsigned char signature[1024];
    size_t len = sizeof(signature);
    mb_status status = MB_OK;
    if (digest == NULL || EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(digest, signature, &len, (const unsigned char *)token->data, token->len) != 1)
        status = mb_fail(error, MB_E_CONFIG, "auth.credentialsFile: private_key cannot sign");
    EVP_MD_CTX_free(digest);
    if (status == MB_OK) {
        mb_buf_putc(token, '.');
        append_base64url(token, signature, len);
        status = mb_buf_check(token, "the token", error);
    }
    return status;
}

mb_status gcs_jwt_sign(const char *private_key, const char *key_id, const json_t *claims, char **out,
                       struct mb_error *error)
{
    struct mb_buf token = MB_BUF_INIT(16384);
    json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "kid", key_id);
    EVP_PKEY *key = read_key(private_key);
    mb_status status;
    if (key == NULL) {
        status = mb_fail(error, MB_E_CONFIG, "auth.credentialsFile: private_key is no RSA key in PEM form");
        goto out;
    }
    append_json(&token, header);
    mb_buf_putc(&token, '.');
    append_json(&token, claims);
    status = mb_buf_check(&token, "the token", error);
    if (status == MB_OK)
        status = append_signature(&token, key, error);
    if (status == MB_OK) {
        *out = token.data;
        token = MB_BUF_INIT(0);
    }
out:
    EVP_PKEY_free(key);
    json_decref(header);
    mb_buf_done(&token);
    return status;
}

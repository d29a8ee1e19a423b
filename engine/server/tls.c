#include "server/tls.h"

#include "base/buf.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 20, MAX_NAME = 256 };

const char mb_tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/* --------------------------------------------------------------------- files */

/* 0 or an errno; what does not fit is left to the text to tell. */
static int read_file(struct mb_buf *text, const char *path)
{
    char part[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno;
    for (size_t len; (len = fread(part, 1, sizeof part, file)) > 0;)
        mb_buf_append(text, part, len);
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    explicit_bzero(part, sizeof part);
    return failed;
}

static mb_status read_text(char **out, const char *name, const char *path, struct mb_error *error)
{
    struct mb_buf text;
    mb_buf_init(&text, MAX_FILE);
    int failed = read_file(&text, path);
    mb_status status = failed != 0 ? mb_fail_errno(error, failed, "%s: read %s", name, path)
                                   : mb_buf_check(&text, path, error);
    *out = status < 0 ? NULL : mb_buf_steal(&text);
    mb_buf_wipe(&text);
    return status < 0 ? mb_fail_as(error, MB_E_CONFIG) : MB_OK;
}

static gnutls_datum_t datum(char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)text, .size = (unsigned)strlen(text)};
}

/* A file of certificates, which need not be ours. */
static mb_status check_certificates(const char *name, const char *path, char *text, struct mb_error *error)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    gnutls_datum_t data = datum(text);
    int failed = gnutls_x509_crt_list_import2(&list, &count, &data, GNUTLS_X509_FMT_PEM, 0);
    for (unsigned i = 0; failed >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    if (failed < 0)
        return mb_fail(error, MB_E_CONFIG, "%s: %s holds no certificate in PEM: %s", name, path,
                       gnutls_strerror(failed));
    return MB_OK;
}

static mb_status check_key(const char *path, char *text, struct mb_error *error)
{
    gnutls_x509_privkey_t key;
    gnutls_datum_t data = datum(text);
    int failed = gnutls_x509_privkey_init(&key);
    if (failed < 0)
        return mb_fail_memory(error);
    failed = gnutls_x509_privkey_import2(key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_x509_privkey_deinit(key);
    if (failed == GNUTLS_E_DECRYPTION_FAILED)
        return mb_fail(error, MB_E_CONFIG, "server.tls.keyPath: the key in %s has a passphrase; take it off",
                       path);
    if (failed < 0)
        return mb_fail(error, MB_E_CONFIG, "server.tls.keyPath: %s holds no key in PEM: %s", path,
                       gnutls_strerror(failed));
    return MB_OK;
}

static mb_status check_pair(const struct mb_tls *tls, const struct mb_tls_files *files,
                            struct mb_error *error)
{
    gnutls_certificate_credentials_t both;
    gnutls_datum_t cert = datum(tls->cert), key = datum(tls->key);
    if (gnutls_certificate_allocate_credentials(&both) < 0)
        return mb_fail_memory(error);
    int failed = gnutls_certificate_set_x509_key_mem(both, &cert, &key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(both);
    if (failed == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return mb_fail(error, MB_E_CONFIG,
                       "server.tls.keyPath: the key in %s is not that of the certificate in %s", files->key,
                       files->cert);
    if (failed < 0)
        return mb_fail(error, MB_E_CONFIG, "server.tls.certPath: %s and %s cannot be used: %s", files->cert,
                       files->key, gnutls_strerror(failed));
    return MB_OK;
}

static mb_status read_all(struct mb_tls *out, const struct mb_tls_files *files, struct mb_error *error)
{
    MB_TRY(read_text(&out->cert, "server.tls.certPath", files->cert, error));
    MB_TRY(read_text(&out->key, "server.tls.keyPath", files->key, error));
    MB_TRY(check_certificates("server.tls.certPath", files->cert, out->cert, error));
    MB_TRY(check_key(files->key, out->key, error));
    MB_TRY(check_pair(out, files, error));
    if (*files->client_ca == '\0')
        return MB_OK;
    MB_TRY(read_text(&out->client_ca, "server.tls.clientCAPath", files->client_ca, error));
    return check_certificates("server.tls.clientCAPath", files->client_ca, out->client_ca, error);
}

mb_status mb_tls_read(struct mb_tls *out, const struct mb_tls_files *files, struct mb_error *error)
{
    *out = (struct mb_tls){0};
    if (*files->cert == '\0')
        return MB_OK;
    mb_status status = read_all(out, files, error);
    if (status != MB_OK)
        mb_tls_done(out);
    return status;
}

void mb_tls_done(struct mb_tls *tls)
{
    if (tls->key != NULL)
        explicit_bzero(tls->key, strlen(tls->key));
    free(tls->cert);
    free(tls->key);
    free(tls->client_ca);
    *tls = (struct mb_tls){0};
}

/* ------------------------------------------------------------------- clients */

void mb_tls_demand_certificate(void *session)
{
    static const gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_cert2(session, (gnutls_typed_vdata_st *)(uintptr_t)&purpose, 1, 0);
}

/* A NUL inside would make another name of it. */
static const char *whole_name(const char *name, size_t len, struct mb_arena *arena)
{
    return memchr(name, '\0', len) == NULL ? mb_arena_strndup(arena, name, len) : "";
}

static const char *name_in(gnutls_x509_crt_t certificate, struct mb_arena *arena)
{
    char name[MAX_NAME];
    size_t len = sizeof name;
    if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) == 0)
        return whole_name(name, len, arena);
    for (unsigned i = 0;; i++) {
        len = sizeof name;
        int kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &len, NULL);
        if (kind == GNUTLS_SAN_DNSNAME)
            return whole_name(name, len, arena);
        if (kind < 0 && kind != GNUTLS_E_SHORT_MEMORY_BUFFER)
            return "";
    }
}

const char *mb_tls_client_name(void *session, struct mb_arena *arena)
{
    unsigned count = 0;
    gnutls_x509_crt_t certificate;
    const gnutls_datum_t *chain = session != NULL ? gnutls_certificate_get_peers(session, &count) : NULL;
    if (chain == NULL || count == 0 || gnutls_x509_crt_init(&certificate) < 0)
        return "";
    const char *name = "";
    if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0)
        name = name_in(certificate, arena);
    gnutls_x509_crt_deinit(certificate);
    return name != NULL ? name : "";
}

#include "task/connect.h"

#include "base/clock.h"
#include "task/explain.h"

/* A store that is open: does it answer?  *there becomes false for a folder that is missing and may be. */
static mb_status prove(const struct mb_caller *caller, const struct mb_config_storage *side,
                       enum mb_missing missing, struct mb_storage *storage, bool *there,
                       struct mb_error *error)
{
    bool files = *side->bucket == '\0';
    mb_status status = mb_storage_check(storage, caller->cancel, error);

    *there = true;
    if (status != MB_E_NO_BUCKET)
        return status;
    if (missing == MB_MISSING_IS_MADE || (files && missing == MB_MISSING_FOLDER_IS_MADE)) {
        mb_error_clear(error);
        MB_TRY(mb_storage_create_bucket(storage, caller->cancel, error));
        mb_log(caller->log, MB_LOG_INFO, "made %s", mb_storage_info(storage)->location);
        return MB_OK;
    }
    if (!files || missing != MB_MISSING_FOLDER_IS_EMPTY)
        return status;
    mb_error_clear(error);
    *there = false;
    return MB_OK;
}

static mb_status connect_side(const struct mb_caller *caller, const struct mb_session *session,
                              const struct mb_config_storage *side, enum mb_missing missing,
                              struct mb_storage **out, struct mb_error *error)
{
    unsigned patience = session->config->transfer.patience_seconds;
    struct mb_storage_options options = {.log = caller->log,
                                         .patience_ns = patience > 0 ? patience * MB_NS_PER_S : -1};
    struct mb_storage *storage = NULL;
    bool there = false;
    mb_status status = mb_storage_open(&storage, session->common->drivers, side->driver, side->options,
                                       side->option_count, &options, error);

    if (status == MB_OK)
        status = prove(caller, side, missing, storage, &there, error);
    if (status != MB_OK || !there) {
        mb_storage_close(storage);
        return status == MB_OK ? MB_OK : mb_explain(side, error);
    }
    *out = storage;
    return MB_OK;
}

mb_status mb_connect_milvus_storage(const struct mb_caller *caller, struct mb_storage **out,
                                    struct mb_error *error)
{
    const struct mb_session *session = caller->session;
    mb_status status =
        connect_side(caller, session, &session->config->milvus_storage, MB_MISSING_FAILS, out, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "Milvus' storage");
}

mb_status mb_connect_backup_storage(const struct mb_caller *caller, enum mb_missing missing,
                                    struct mb_storage **out, struct mb_error *error)
{
    const struct mb_session *session = caller->session;
    mb_status status = connect_side(caller, session, &session->config->backup_storage, missing, out, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "backup storage");
}

mb_status mb_connect_peer(const struct mb_caller *caller, struct mb_session *peer, enum mb_missing missing,
                          struct mb_storage **out, struct mb_error *error)
{
    const char *path = peer->config->path;
    mb_status status = connect_side(caller, peer, &peer->config->backup_storage, missing, out, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "%s", *path != '\0' ? path : "the other side");
}

mb_status mb_connect_milvus(const struct mb_caller *caller, struct mb_milvus **out, struct mb_error *error)
{
    static const enum mb_milvus_tls tls[] = {[MB_CONFIG_TLS_DISABLED] = MB_MILVUS_TLS_DISABLED,
                                             [MB_CONFIG_TLS_SERVER] = MB_MILVUS_TLS_SERVER,
                                             [MB_CONFIG_TLS_MUTUAL] = MB_MILVUS_TLS_MUTUAL};
    const struct mb_config *all = caller->session->config;
    const struct mb_config_milvus *config = &all->milvus;
    struct mb_milvus_options options = {.address = config->address,
                                        .port = config->port,
                                        .user = config->user,
                                        .password = config->password,
                                        .tls = tls[config->tls],
                                        .ca_cert_path = config->ca_cert_path,
                                        .server_name = config->server_name,
                                        .mtls_cert_path = config->mtls_cert_path,
                                        .mtls_key_path = config->mtls_key_path,
                                        .rest_endpoint = config->rest_endpoint,
                                        .management_endpoint = config->management_endpoint,
                                        .keys = all->schema == 1 ? "milvus" : "milvus.grpc",
                                        .log = caller->log};

    return mb_milvus_connect(out, &options, caller->cancel, error);
}

#include "task/connect.h"

#include "base/clock.h"
#include "task/explain.h"

/* One side of a session, on its way. */
struct side {
    struct mb_session *session;
    const struct mb_config_storage *config;
    enum mb_missing missing;
    const char *service; /* what its calls are counted under */
};

/* A store that is open: does it answer?  *there becomes false for a folder that is missing and may be. */
static mb_status prove(const struct side *side, struct mb_storage *storage, bool *there,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    bool files = *side->config->bucket == '\0';
    mb_status status = mb_storage_check(storage, cancel, error);

    *there = true;
    if (status != MB_E_NO_BUCKET)
        return status;
    if (side->missing == MB_MISSING_IS_MADE || (files && side->missing == MB_MISSING_FOLDER_IS_MADE)) {
        mb_error_clear(error);
        MB_TRY(mb_storage_create_bucket(storage, cancel, error));
        mb_log(side->session->common->log, MB_LOG_INFO, "made %s", mb_storage_info(storage)->location);
        return MB_OK;
    }
    if (!files || side->missing != MB_MISSING_FOLDER_IS_EMPTY)
        return status;
    mb_error_clear(error);
    *there = false;
    return MB_OK;
}

static mb_status open_side(void *ctx, void **out, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct side *side = ctx;
    const struct mb_session *session = side->session;
    unsigned patience = session->config->transfer.patience_seconds;
    const struct mb_storage_options options = {.log = session->common->log,
                                               .meters = session->common->meters,
                                               .service = side->service,
                                               .patience_ns = patience > 0 ? patience * MB_NS_PER_S : -1};
    struct mb_storage *storage = NULL;
    bool there = false;
    mb_status status = mb_storage_open(&storage, session->common->drivers, side->config->driver,
                                       side->config->options, side->config->option_count, &options, error);

    if (status == MB_OK)
        status = prove(side, storage, &there, cancel, error);
    if (status != MB_OK || !there) {
        mb_storage_close(storage);
        return status == MB_OK ? MB_OK : mb_explain(side->config, error);
    }
    *out = storage;
    return MB_OK;
}

static mb_status use(struct mb_slot *slot, struct side *side, struct mb_storage **out,
                     struct mb_cancel *cancel, struct mb_error *error)
{
    void *storage = NULL;
    MB_TRY(mb_slot_use(slot, open_side, side, &storage, cancel, error));
    *out = storage;
    return MB_OK;
}

mb_status mb_connect_milvus_storage(struct mb_session *session, struct mb_storage **out,
                                    struct mb_cancel *cancel, struct mb_error *error)
{
    struct side side = {session, &session->config->milvus_storage, MB_MISSING_FAILS, "milvus_storage"};
    if (use(&session->milvus_store, &side, out, cancel, error) < 0)
        return mb_error_context(error, "Milvus' storage");
    return MB_OK;
}

mb_status mb_connect_backup_storage(struct mb_session *session, enum mb_missing missing,
                                    struct mb_storage **out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct side side = {session, &session->config->backup_storage, missing, "backup_storage"};
    if (use(&session->backup_store, &side, out, cancel, error) < 0)
        return mb_error_context(error, "backup storage");
    return MB_OK;
}

mb_status mb_connect_peer(struct mb_session *peer, enum mb_missing missing, struct mb_storage **out,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct side side = {peer, &peer->config->backup_storage, missing, "backup_storage"};
    const char *path = peer->config->path;
    if (use(&peer->backup_store, &side, out, cancel, error) < 0)
        return mb_error_context(error, "%s", *path != '\0' ? path : "the other side");
    return MB_OK;
}

static struct mb_milvus_options milvus_options(const struct mb_session *session)
{
    static const enum mb_milvus_tls tls[] = {[MB_CONFIG_TLS_DISABLED] = MB_MILVUS_TLS_DISABLED,
                                             [MB_CONFIG_TLS_SERVER] = MB_MILVUS_TLS_SERVER,
                                             [MB_CONFIG_TLS_MUTUAL] = MB_MILVUS_TLS_MUTUAL};
    const struct mb_config_milvus *config = &session->config->milvus;
    return (struct mb_milvus_options){.address = config->address,
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
                                      .keys = session->config->schema == 1 ? "milvus" : "milvus.grpc",
                                      .grpc_speaks = session->common->grpc_speaks,
                                      .log = session->common->log,
                                      .meters = session->common->meters};
}

static mb_status open_milvus(void *ctx, void **out, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_milvus_options options = milvus_options(ctx);
    struct mb_milvus *milvus = NULL;

    MB_TRY(mb_milvus_connect(&milvus, &options, cancel, error));
    *out = milvus;
    return MB_OK;
}

mb_status mb_connect_milvus(struct mb_session *session, struct mb_milvus **out, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    void *milvus = NULL;
    MB_TRY(mb_slot_use(&session->milvus, open_milvus, session, &milvus, cancel, error));
    *out = milvus;
    return MB_OK;
}

void mb_connect_leave_milvus(struct mb_session *session, struct mb_milvus *milvus)
{
    if (milvus != NULL)
        mb_milvus_close(mb_slot_leave(&session->milvus));
}

mb_status mb_connect_etcd(struct mb_session *session, struct mb_etcd **out, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    const struct mb_config_milvus *config = &session->config->milvus;
    const struct mb_etcd_options options = {.endpoints = &config->etcd_endpoints,
                                            .root = config->etcd_root_path,
                                            .grpc_speaks = session->common->grpc_speaks,
                                            .log = session->common->log,
                                            .meters = session->common->meters};
    return mb_etcd_open(out, &options, cancel, error);
}

/* Asked again and again, it would fill the log. */
mb_status mb_connect_own_milvus(struct mb_session *session, int64_t call_timeout_ns, struct mb_milvus **out,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus_options options = milvus_options(session);
    options.secrets = options.log;
    options.log = NULL;
    options.call_timeout_ns = call_timeout_ns;
    return mb_milvus_connect(out, &options, cancel, error);
}

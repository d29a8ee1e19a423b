#include "milvus/client.h"
#include "base/clock.h"
#include "base/version.h"
#include "milvus/ask.h"
#include "milvus/capability.h"
#include "milvus/convert.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CALL_TIMEOUT_NS (60 * MB_NS_PER_S)
#define SDK_TYPE        "BackupToolCustomSDK"

static const struct mb_method method_connect = {
    .name = "Connect",
    .doing = "connect to milvus",
    .answer = &pb__connect_response__descriptor,
    .again = MB_AGAIN_CONNECT,
};
static const struct mb_method method_get_version = {
    .name = "GetVersion",
    .doing = "ask milvus for its version",
    .answer = &pb__get_version_response__descriptor,
};
static const struct mb_method method_probe_databases = {
    .name = "ListDatabases",
    .doing = "list databases",
    .answer = &pb__list_databases_response__descriptor,
    .again = MB_AGAIN_CONNECT,
    .status_unchecked = true,
};

static const struct mb_subject nobody = {0};

/* ------------------------------------------------------------------ options */

static const char *copy_text(struct mb_arena *arena, const char *text)
{
    return mb_arena_strdup(arena, text ? text : "");
}

static bool copy_options(struct mb_milvus *milvus, const struct mb_milvus_options *options)
{
    struct mb_arena *arena = milvus->arena;
    struct mb_milvus_options *o = &milvus->options;

    *o = *options;
    o->address = copy_text(arena, options->address);
    o->user = copy_text(arena, options->user);
    o->password = copy_text(arena, options->password);
    o->ca_cert_path = copy_text(arena, options->ca_cert_path);
    o->server_name = copy_text(arena, options->server_name);
    o->mtls_cert_path = copy_text(arena, options->mtls_cert_path);
    o->mtls_key_path = copy_text(arena, options->mtls_key_path);
    o->rest_endpoint = copy_text(arena, options->rest_endpoint);
    o->management_endpoint = copy_text(arena, options->management_endpoint);
    o->keys = copy_text(arena, options->keys && *options->keys ? options->keys : "milvus");
    if (o->call_timeout_ns <= 0)
        o->call_timeout_ns = CALL_TIMEOUT_NS;
    return o->address && o->user && o->password && o->ca_cert_path && o->server_name && o->mtls_cert_path &&
           o->mtls_key_path && o->rest_endpoint && o->management_endpoint && o->keys;
}

/* "user:password", plain for HTTP and in base64 for gRPC, both kept out of the log. */
static bool make_credentials(struct mb_milvus *milvus)
{
    const struct mb_milvus_options *o = &milvus->options;
    if (*o->user == '\0' && *o->password == '\0')
        return true;
    char *plain = mb_arena_printf(milvus->arena, "%s:%s", o->user, o->password);
    if (plain == NULL)
        return false;
    size_t len = strlen(plain);
    unsigned char *encoded = mb_arena_alloc(milvus->arena, 1, 4 * ((len + 2) / 3) + 1);
    if (encoded == NULL || len > INT32_MAX / 2)
        return false;
    EVP_EncodeBlock(encoded, (const unsigned char *)plain, (int)len);
    milvus->bearer = plain;
    milvus->authorization = (const char *)encoded;
    struct mb_log *secrets = o->secrets != NULL ? o->secrets : o->log;
    mb_log_hide(secrets, o->password);
    mb_log_hide(secrets, plain);
    mb_log_hide(secrets, milvus->authorization);
    return true;
}

static bool make_peer(struct mb_milvus *milvus)
{
    const struct mb_milvus_options *o = &milvus->options;
    bool ipv6 = strchr(o->address, ':') != NULL;
    milvus->info.place =
        mb_arena_printf(milvus->arena, ipv6 ? "[%s]:%u" : "%s:%u", o->address, (unsigned)o->port);
    milvus->peer = (struct mb_peer){
        .place = milvus->info.place,
        .keys = o->keys,
        .tls = o->tls,
        .log = o->log,
        .secrets = o->secrets != NULL ? o->secrets : o->log,
        .has_user = *o->user != '\0' || *o->password != '\0',
    };
    return milvus->info.place != NULL;
}

/* -------------------------------------------------------------- introduction */

static mb_status introduce(struct mb_milvus *milvus, const char **build_tags, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    char host[256] = "unknown", now[32];
    Pb__ClientInfo info = PB__CLIENT_INFO__INIT;
    Pb__ConnectRequest request = PB__CONNECT_REQUEST__INIT;
    Pb__ConnectResponse *answer;

    if (gethostname(host, sizeof host) != 0)
        snprintf(host, sizeof host, "unknown");
    host[sizeof host - 1] = '\0';
    mb_clock_format(mb_clock_wall(), now, sizeof now);
    info.sdk_type = mb_pb_text(SDK_TYPE);
    info.sdk_version = mb_pb_text(mb_program_version());
    info.local_time = now;
    info.user = mb_pb_text(milvus->options.user);
    info.host = host;
    request.client_info = &info;

    mb_status status =
        mb_rpc(milvus, &method_connect, nobody, &request.base, milvus->arena, &answer, cancel, error);
    if (status == MB_E_UNSUPPORTED)
        return MB_OK;
    if (status != MB_OK)
        return status;
    snprintf(milvus->identifier, sizeof milvus->identifier, "%lld", (long long)answer->identifier);
    if (answer->server_info)
        *build_tags = answer->server_info->build_tags;
    return MB_OK;
}

static mb_status probe_databases(struct mb_milvus *milvus, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__Empty request = PB__EMPTY__INIT;
    mb_status status =
        mb_rpc(milvus, &method_probe_databases, nobody, &request.base, NULL, NULL, cancel, error);
    milvus->info.can[MB_MILVUS_DATABASES] = status == MB_OK;
    return status == MB_E_UNSUPPORTED ? MB_OK : status;
}

static mb_status find_capabilities(struct mb_milvus *milvus, const char *build_tags, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct mb_milvus_info *info = &milvus->info;
    struct mb_version exact;
    Pb__Empty request = PB__EMPTY__INIT;
    Pb__GetVersionResponse *answer;

    info->version_text = build_tags;
    if (!mb_version_parse_exact(build_tags, &exact)) {
        MB_TRY(mb_rpc(milvus, &method_get_version, nobody, &request.base, milvus->arena, &answer, cancel,
                      error));
        if (*answer->version)
            info->version_text = answer->version;
    }
    struct mb_version version = mb_version_parse(build_tags, info->version_text);
    for (enum mb_milvus_capability i = MB_MILVUS_DATABASES + 1; i < MB_MILVUS_CAPABILITIES; i++)
        info->can[i] = mb_milvus_version_can(version, i);
    info->can[MB_MILVUS_DESCRIBE_DATABASE] &= info->can[MB_MILVUS_DATABASES];
    return MB_OK;
}

static mb_status start_up(struct mb_milvus *milvus, struct mb_cancel *cancel, struct mb_error *error)
{
    const char *build_tags = "";
    struct mb_channel_options channel = {
        .grpc_speaks = milvus->options.grpc_speaks,
        .address = milvus->options.address,
        .port = milvus->options.port,
        .tls = milvus->options.tls,
        .ca_cert_path = milvus->options.ca_cert_path,
        .server_name = milvus->options.server_name,
        .mtls_cert_path = milvus->options.mtls_cert_path,
        .mtls_key_path = milvus->options.mtls_key_path,
        .peer = &milvus->peer,
    };
    MB_TRY(mb_channel_open(&milvus->channel, &channel, error));
    MB_TRY(introduce(milvus, &build_tags, cancel, error));
    MB_TRY(probe_databases(milvus, cancel, error));
    MB_TRY(find_capabilities(milvus, build_tags, cancel, error));
    mb_log(milvus->options.log, MB_LOG_INFO, "connected to milvus %s, version %s%s", milvus->info.place,
           milvus->info.version_text, milvus->info.can[MB_MILVUS_DATABASES] ? "" : ", without databases");
    return MB_OK;
}

static mb_status prepare(struct mb_milvus *milvus, const struct mb_milvus_options *options,
                         struct mb_error *error)
{
    milvus->limits = mb_limits_new(options->log);
    if (milvus->limits == NULL || !copy_options(milvus, options) || !make_credentials(milvus) ||
        !make_peer(milvus))
        return mb_fail_memory(error);
    return mb_ask_open(milvus, error);
}

mb_status mb_milvus_connect(struct mb_milvus **out, const struct mb_milvus_options *options,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_milvus *milvus = arena ? mb_arena_alloc(arena, 1, sizeof *milvus) : NULL;
    if (milvus == NULL) {
        mb_arena_free(arena);
        return mb_fail_memory(error);
    }
    milvus->arena = arena;

    mb_status status = prepare(milvus, options, error);
    if (status == MB_OK)
        status = start_up(milvus, cancel, error);
    if (status != MB_OK) {
        mb_milvus_close(milvus);
        return status;
    }
    *out = milvus;
    return MB_OK;
}

void mb_milvus_close(struct mb_milvus *milvus)
{
    if (milvus == NULL)
        return;
    mb_channel_close(milvus->channel);
    mb_limits_free(milvus->limits);
    mb_ask_close(milvus);
    mb_arena_free(milvus->arena);
}

const struct mb_milvus_info *mb_milvus_info(const struct mb_milvus *milvus)
{
    return &milvus->info;
}

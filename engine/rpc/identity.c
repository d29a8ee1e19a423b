#include "rpc/identity.h"

#include "base/address.h"
#include "base/random.h"
#include "base/text.h"

#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <string.h>

enum { MAX_SHOWN = 200 }; /* of a request id, which stands in replies, the log and the history */

void mb_identity_slice(grpc_slice slice, char *out, size_t cap)
{
    size_t len = GRPC_SLICE_LENGTH(slice);
    const void *text = GRPC_SLICE_START_PTR(slice);
    *out = '\0';
    if (len < cap && memchr(text, '\0', len) == NULL) {
        memcpy(out, text, len);
        out[len] = '\0';
    }
}

/* The values of a key, joined by ", "; "" for none, " " for what holds a NUL.  NULL without memory. */
static const char *metadata_text(const grpc_metadata_array *metadata, const char *key, struct mb_arena *arena)
{
    const char *all = "";
    for (size_t i = 0; i < metadata->count; i++) {
        grpc_slice value = metadata->metadata[i].value;
        size_t len = GRPC_SLICE_LENGTH(value);
        const void *text = GRPC_SLICE_START_PTR(value);
        if (grpc_slice_str_cmp(metadata->metadata[i].key, key) != 0)
            continue;
        if (memchr(text, '\0', len) != NULL)
            return " ";
        all = mb_arena_printf(arena, "%s%s%.*s", all, *all != '\0' ? ", " : "", (int)len, (const char *)text);
        if (all == NULL)
            return NULL;
    }
    return all;
}

/* gRPC knows the gate as its client, "ipv4:127.0.0.1:50123"; the gate knows who has that port. */
static mb_status find_address(const struct mb_identity_source *source, struct mb_api_call *call,
                              struct mb_error *error)
{
    char address[MB_ADDRESS_SIZE];
    int64_t port = 0;
    char *peer = grpc_call_get_peer(source->grpc);
    const char *last = strrchr(peer, ':');
    bool known = last != NULL && mb_text_to_int64(last + 1, &port) && port > 0 && port <= UINT16_MAX &&
                 mb_gate_client(source->gate, (uint16_t)port, address);
    gpr_free(peer);
    if (!known)
        return mb_fail(error, MB_E_UNAUTHENTICATED, "the call did not come by the port of the server");
    call->caller.address = mb_arena_strdup(call->arena, address);
    return call->caller.address != NULL ? MB_OK : mb_fail_memory(error);
}

static const char *property_of(const grpc_auth_context *context, const char *name, struct mb_arena *arena)
{
    grpc_auth_property_iterator all = grpc_auth_context_find_properties_by_name(context, name);
    const grpc_auth_property *property = grpc_auth_property_iterator_next(&all);
    if (property == NULL || memchr(property->value, '\0', property->value_length) != NULL)
        return NULL; /* a NUL inside would make another name of it */
    return mb_arena_strndup(arena, property->value, property->value_length);
}

/* The CN, or else the first DNS name, of a certificate that was checked; "" for none. */
static const char *certificate_name(grpc_call *grpc, struct mb_arena *arena)
{
    const char *name = NULL;
    grpc_auth_context *context = grpc_call_auth_context(grpc);
    if (context != NULL && grpc_auth_context_peer_is_authenticated(context) != 0) {
        name = property_of(context, GRPC_X509_CN_PROPERTY_NAME, arena);
        if (name == NULL || *name == '\0')
            name = property_of(context, GRPC_PEER_DNS_PROPERTY_NAME, arena);
    }
    grpc_auth_context_release(context);
    return name != NULL ? name : "";
}

bool mb_identity_is_request_id(const char *text)
{
    return *text != '\0' && strlen(text) <= MAX_SHOWN && mb_text_is_plain(text);
}

static mb_status find_request_id(const grpc_metadata_array *metadata, struct mb_api_call *call,
                                 struct mb_error *error)
{
    char made[MB_UUID_SIZE];
    const char *id = metadata_text(metadata, "request_id", call->arena);
    if (id != NULL && *id == '\0')
        id = metadata_text(metadata, "request-id", call->arena);
    if (id == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_random_uuid(made, error));
    call->caller.request_id = mb_identity_is_request_id(id) ? id : mb_arena_strdup(call->arena, made);
    call->request_id = *id != '\0' ? call->caller.request_id : "";
    return call->caller.request_id != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_identity_find(const struct mb_identity_source *source, struct mb_api_call *call,
                           struct mb_error *error)
{
    call->caller = (struct mb_caller){.name = "", .address = "", .request_id = "?"};
    call->request_id = "";
    MB_TRY(find_request_id(source->metadata, call, error));
    const char *authorization = metadata_text(source->metadata, "authorization", call->arena);
    if (authorization == NULL)
        return mb_fail_memory(error);
    MB_TRY(find_address(source, call, error));
    if (source->auth == NULL) {
        call->caller.role = MB_ROLE_WRITE;
        return MB_OK;
    }
    return mb_auth_check(source->auth, authorization, certificate_name(source->grpc, call->arena),
                         call->arena, &call->caller, error);
}

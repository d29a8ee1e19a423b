/* server.h - the server: its doors opened by the configuration (server.*), kept open until told otherwise,
 * and closed in order. */
#ifndef MB_SERVER_SERVER_H
#define MB_SERVER_SERVER_H

#include "base/cancel.h"
#include "milvus_backup.h"

struct mb_server_options {
    struct mb_session
        *session;        /* the caller's, for the server alone; its cancelling is the server's affair */
    const char *address; /* instead of the configured ones; NULL */
    const char *port;
    const char *token;         /* a credential besides those of the file, MILVUS_BACKUP_TOKEN; or NULL */
    const char *notify_socket; /* of the service manager, as sd_notify(3) has it; or NULL */
    int64_t watchdog_ms;       /* by which it wants to hear of the server, again and again; 0 for never */
    /* Called once it listens: "http://127.0.0.1:8080", and "127.0.0.1:8081" of gRPC or "". */
    void (*listening)(void *ctx, const char *rest, const char *grpc);
    void *ctx;
};

/* Runs until cancel is requested and everything has ended. */
mb_status mb_server_run(const struct mb_server_options *options, struct mb_cancel *cancel,
                        struct mb_error *error);

#endif

/* context.h - what a command works with: options, configuration, log, stores, Milvus, and ways to speak. */
#ifndef MB_CLI_CONTEXT_H
#define MB_CLI_CONTEXT_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/display.h"
#include "cli/output.h"
#include "config/config.h"
#include "milvus/milvus.h"
#include "storage/store.h"

#include <jansson.h>

/* Members that the command's needs do not cover are NULL. */
struct mb_context {
    const struct mb_command *command;
    struct mb_global_options global;
    struct mb_strings arguments;
    struct mb_arena *arena; /* the command's own; freed when it has ended */
    struct mb_cancel *cancel;
    struct mb_progress progress;
    struct mb_display *display;
    struct mb_config *config;
    struct mb_log *log;
    struct mb_drivers *drivers;
    struct mb_storage *milvus_store;
    struct mb_storage *backup_store; /* see MB_MAY_LACK_FOLDER */
    struct mb_milvus *milvus;
    bool told; /* the result, as JSON: a failure is not put behind it on standard output */
};

/* Opens what the command needs; errors name the key to change.  Touches the network. */
mb_status mb_context_open(struct mb_context *context, struct mb_error *error);

/* Closes everything that is open; the log last. */
void mb_context_close(struct mb_context *context);

/* A second configuration and the storage of its backups. */
struct mb_context_peer {
    struct mb_config *config;
    struct mb_storage *backup_store;
};

/* needs may hold MB_NEEDS_BUCKET.  Only the file is read. */
mb_status mb_context_open_peer(struct mb_context *context, const char *path, unsigned needs,
                               struct mb_context_peer *out, struct mb_error *error);
void mb_context_close_peer(struct mb_context_peer *peer);

/* A line on standard error unless --quiet, and in the log. */
void mb_context_warn(struct mb_context *context, const char *fmt, ...) MB_PRINTF(2, 3);
void mb_context_say(struct mb_context *context, const char *fmt, ...) MB_PRINTF(2, 3);

/* Standard output for the result; ends the progress display. */
FILE *mb_context_out(struct mb_context *context);

/* The result as JSON, for --json.  Takes over value; NULL is no memory. */
mb_status mb_context_json(struct mb_context *context, json_t *value, struct mb_error *error);

/* The table of what was done, on standard error unless --quiet; ends the progress display. */
mb_status mb_context_summary(struct mb_context *context, const struct mb_summary_line *lines, size_t count,
                             struct mb_error *error);

/* The side of the configuration that an error of its storage is about: names the keys to look at. */
mb_status mb_context_explain(const struct mb_config_storage *side, struct mb_error *error);

#endif

/* context.h - what a command works with: options, a session of the library, and ways to speak. */
#ifndef MB_CLI_CONTEXT_H
#define MB_CLI_CONTEXT_H

#include "base/arena.h"
#include "base/cancel.h"
#include "cli/command.h"
#include "cli/display.h"
#include "cli/output.h"

#include <jansson.h>

struct mb_context {
    const struct mb_command *command;
    struct mb_global_options global;
    struct mb_strings arguments;
    struct mb_arena *arena; /* the command's own; freed when it has ended */
    struct mb_cancel *cancel;
    struct mb_cancel_watch *watch; /* passes it on to the session */
    struct mb_display *display;
    struct mb_session *session; /* NULL for a command that needs none */
    struct mb_session *peer;    /* see mb_context_open_peer; or NULL */
    struct mb_task *task;       /* that the command has started; or NULL */
    bool resumable;             /* what it left can be gone on with */
    bool told;                  /* the result, as JSON: a failure is not put behind it on standard output */
};

/* Opens what the command needs.  Touches no network. */
mb_status mb_context_open(struct mb_context *context, struct mb_error *error);

/* From now on the session is not cancelled with the command: that is left to the caller. */
void mb_context_keep_session(struct mb_context *context);

/* Closes everything that is open. */
void mb_context_close(struct mb_context *context);

/* A session over a second configuration, of which only the file is read. */
mb_status mb_context_open_peer(struct mb_context *context, const char *path, struct mb_error *error);

/* The configuration in the keys of the newer schema.  Needs no session; problems are told. */
mb_status mb_context_migrate(struct mb_context *context, struct mb_migration **out, struct mb_error *error);

/* Shows how far the task is until it has ended, and then its warnings.  It is the context's from now on. */
mb_status mb_context_finish(struct mb_context *context, struct mb_task *task, struct mb_error *error);

/* A line on standard error unless --quiet, and in the log. */
void mb_context_warn(struct mb_context *context, const char *fmt, ...) MB_PRINTF(2, 3);
void mb_context_say(struct mb_context *context, const char *fmt, ...) MB_PRINTF(2, 3);

/* Standard output for the result; ends the progress display. */
FILE *mb_context_out(struct mb_context *context);

/* The result as JSON, for --json.  Takes over value; NULL is no memory. */
mb_status mb_context_json(struct mb_context *context, json_t *value, struct mb_error *error);

/* The table of what the task did with each collection, on standard error unless --quiet; without rows where
 * no data was moved. */
mb_status mb_context_summary(struct mb_context *context, bool with_rows, struct mb_error *error);

/* The texts of the task's warnings, for JSON. */
json_t *mb_context_warnings_json(const struct mb_context *context);

#endif

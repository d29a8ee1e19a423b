/* display.h - how far a task is, on standard error: one live line a phase on a terminal, plain lines every
 * few seconds elsewhere.  Thread-safe. */
#ifndef MB_CLI_DISPLAY_H
#define MB_CLI_DISPLAY_H

#include "milvus_backup.h"

#include <stdio.h>

struct mb_display;

enum mb_display_kind { MB_DISPLAY_NONE, MB_DISPLAY_PLAIN, MB_DISPLAY_LIVE };

struct mb_display_options {
    enum mb_display_kind kind;
    bool color;
    FILE *out;
    int (*width)(void *ctx); /* columns of the terminal; NULL for 80 */
    void *ctx;
    int64_t plain_every_ns; /* 0 for 5 seconds */
};

/* What is shown: a task, or what a test makes up. */
struct mb_display_source {
    mb_status (*status)(void *ctx, struct mb_task_status *out);
    mb_status (*phase)(void *ctx, size_t i, struct mb_task_phase *out);
    void *ctx;
};

/* NULL without memory.  out outlives it. */
struct mb_display *mb_display_new(const struct mb_display_options *options);
void mb_display_free(struct mb_display *display);

/* What suits standard error: nothing when quiet, live on a terminal. */
struct mb_display_options mb_display_for_stderr(bool quiet);

/* From now on this is shown, until the display is finished: so long it lives. */
void mb_display_follow(struct mb_display *display, const struct mb_display_source *source);
void mb_display_follow_task(struct mb_display *display, struct mb_task *task);

/* Somebody else writes to the same place from now on: plain lines instead of a live one. */
void mb_display_share(struct mb_display *display);

/* Shows the state at now (CLOCK_MONOTONIC).  Called ten times a second. */
void mb_display_tick(struct mb_display *display, int64_t now_ns);

/* A line of text that stays, above the live one, its control characters as '?'.  Printed also when the kind
 * is NONE. */
void mb_display_say(struct mb_display *display, const char *text);

/* Ends the last phase's line; ticks do nothing from now on. */
void mb_display_finish(struct mb_display *display);

#endif

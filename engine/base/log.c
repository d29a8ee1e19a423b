#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_file.h"
#include "base/log_line.h"
#include "base/scope.h"
#include "base/text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_LINE = 64 * 1024, LONGEST_ESCAPE = 7, SHORTEST_SECRET = 4 };

struct secret {
    struct secret *next; /* a shorter one, or one as long */
    size_t len;
    char text[];
};

struct mb_log {
    pthread_mutex_t mutex;
    int level;
    bool console, json;
    void (*tell)(void *ctx, int level, const char *task, const char *text);
    void *ctx;
    struct mb_log_file *file; /* or NULL */
    struct secret *secrets;
};

mb_status mb_log_open(struct mb_log **out, const struct mb_log_options *options, struct mb_error *error)
{
    struct mb_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return mb_fail_memory(error);
    if (options->path != NULL && options->path[0] != '\0') {
        mb_status status = mb_log_file_open(&log->file, options, error);
        if (status != MB_OK) {
            free(log);
            return status;
        }
    }
    pthread_mutex_init(&log->mutex, NULL);
    log->level = options->level;
    log->console = options->console;
    log->json = options->json;
    log->tell = options->tell;
    log->ctx = options->ctx;
    *out = log;
    return MB_OK;
}

void mb_log_close(struct mb_log *log)
{
    if (log == NULL)
        return;
    mb_log_file_close(log->file);
    for (struct secret *secret = log->secrets; secret != NULL;) {
        struct secret *next = secret->next;
        explicit_bzero(secret->text, secret->len);
        free(secret);
        secret = next;
    }
    pthread_mutex_destroy(&log->mutex);
    free(log);
}

const char *mb_log_folder(const struct mb_log *log)
{
    return log == NULL || log->file == NULL ? NULL : mb_log_file_folder(log->file);
}

/* Kept longest first: of two secrets where one holds the other, the longer is masked whole. */
void mb_log_hide(struct mb_log *log, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    if (log == NULL || len < SHORTEST_SECRET)
        return;
    struct secret *secret = malloc(sizeof(*secret) + len + 1);
    if (secret == NULL)
        return;
    secret->len = len;
    memcpy(secret->text, text, len + 1);
    pthread_mutex_lock(&log->mutex);
    struct secret **at = &log->secrets;
    while (*at != NULL && (*at)->len >= len && strcmp((*at)->text, text) != 0)
        at = &(*at)->next;
    bool known = *at != NULL && strcmp((*at)->text, text) == 0;
    if (!known) {
        secret->next = *at;
        *at = secret;
    }
    pthread_mutex_unlock(&log->mutex);
    if (known)
        free(secret);
}

static void mask_secrets(const struct secret *secrets, char *text)
{
    size_t len = strlen(text);
    for (const struct secret *secret = secrets; secret != NULL; secret = secret->next)
        len = mb_text_hide(text, len, secret->text);
}

void mb_log_mask(struct mb_log *log, char *text)
{
    if (log == NULL)
        return;
    pthread_mutex_lock(&log->mutex);
    mask_secrets(log->secrets, text);
    pthread_mutex_unlock(&log->mutex);
}

static const char *task_id(void)
{
    const char *id = mb_scope_current()->id;
    return id != NULL ? id : "";
}

static void write_line(struct mb_log *log, int level, char *text)
{
    struct mb_buf line;
    mb_buf_init(&line, (size_t)LONGEST_ESCAPE * LONGEST_LINE);
    pthread_mutex_lock(&log->mutex);
    mask_secrets(log->secrets, text);
    (log->json ? mb_log_line_json : mb_log_line_text)(&line, level, task_id(), text);
    if (line.status == MB_OK) {
        if (log->file != NULL)
            mb_log_file_write(log->file, line.data, line.len);
        if (log->console && write(STDERR_FILENO, line.data, line.len) < 0)
            log->console = false;
    }
    pthread_mutex_unlock(&log->mutex);
    mb_buf_done(&line);
    if (log->tell != NULL)
        log->tell(log->ctx, level, task_id(), text);
}

bool mb_log_enabled(const struct mb_log *log, int level)
{
    return log != NULL && level <= log->level;
}

void mb_log_args(struct mb_log *log, int level, const char *fmt, va_list args)
{
    if (!mb_log_enabled(log, level))
        return;
    char text[1024];
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    if (n >= 0 && (size_t)n < sizeof(text)) {
        write_line(log, level, text);
    } else if (n > 0) {
        size_t cap = n < LONGEST_LINE ? (size_t)n + 1 : LONGEST_LINE;
        char *longer = malloc(cap);
        if (longer != NULL) {
            vsnprintf(longer, cap, fmt, again);
            write_line(log, level, longer);
            free(longer);
        }
    }
    va_end(again);
}

void mb_log(struct mb_log *log, int level, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    mb_log_args(log, level, fmt, args);
    va_end(args);
}

bool mb_log_level_parse(const char *text, int *level)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {{"error", MB_LOG_ERROR}, {"warn", MB_LOG_WARN},   {"warning", MB_LOG_WARN},
                  {"info", MB_LOG_INFO},   {"debug", MB_LOG_DEBUG}, {"trace", MB_LOG_TRACE}};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (mb_text_equal_nocase(text, levels[i].name)) {
            *level = levels[i].level;
            return true;
        }
    }
    return false;
}

#include "task/session.h"

#include "base/version.h"
#include "catalog/memo.h"
#include "task/installed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mb_common_hold(struct mb_common *common)
{
    atomic_fetch_add(&common->holders, 1);
}

void mb_common_release(struct mb_common *common)
{
    if (common == NULL || atomic_fetch_sub(&common->holders, 1) > 1)
        return;
    mb_drivers_free(common->drivers);
    mb_budget_free(common->budget);
    mb_meters_free(common->meters);
    free(common->temporary_folder);
    mb_log_close(common->log);
    pthread_mutex_destroy(&common->end_lock);
    mb_turns_done(&common->turns);
    mb_users_done(&common->users);
    free(common);
}

void mb_session_hold(struct mb_session *session)
{
    atomic_fetch_add(&session->holders, 1);
}

void mb_session_release(struct mb_session *session)
{
    if (session == NULL || atomic_fetch_sub(&session->holders, 1) > 1)
        return;
    mb_storage_close(session->backup_store.thing);
    mb_storage_close(session->milvus_store.thing);
    mb_slot_done(&session->backup_store);
    mb_slot_done(&session->milvus_store);
    mb_slot_done(&session->milvus);
    mb_memo_free(session->memo);
    mb_config_free(session->config);
    mb_cancel_free(session->cancel);
    mb_common_release(session->common);
    pthread_cond_destroy(&session->idle);
    pthread_mutex_destroy(&session->lock);
    free(session);
}

static void notify(const struct mb_session_options *options, int kind, const char *text)
{
    if (options->notice != NULL)
        options->notice(options->notice_ctx, kind, text);
}

static void tell_report(const struct mb_session *session, const struct mb_session_options *options,
                        const struct mb_config_report *report)
{
    static const int kinds[] = {[MB_CONFIG_PROBLEM] = MB_NOTICE_PROBLEM,
                                [MB_CONFIG_WARNING] = MB_NOTICE_WARNING,
                                [MB_CONFIG_NOTE] = MB_NOTICE_NOTE};
    struct mb_log *log = session->common != NULL ? session->common->log : NULL;

    for (size_t i = 0; i < report->count; i++) {
        const struct mb_config_notice *notice = &report->items[i];
        if (options->like_parent && notice->kind != MB_CONFIG_PROBLEM)
            continue;
        if (notice->kind != MB_CONFIG_PROBLEM)
            mb_log(log, notice->kind == MB_CONFIG_WARNING ? MB_LOG_WARN : MB_LOG_INFO, "%s", notice->text);
        notify(options, kinds[notice->kind], notice->text);
    }
}

static mb_status load_config(struct mb_session *session, const struct mb_session_options *options,
                             struct mb_config_report *report, struct mb_error *error)
{
    const struct mb_config_sources sources = {.like = options->like_parent ? options->parent->config : NULL,
                                              .path = options->config_path != NULL ? options->config_path
                                                                                   : "backup.yaml",
                                              .sets = options->overrides,
                                              .set_count = options->override_count,
                                              .environment = options->environment,
                                              .words = {.overrides = options->override_word,
                                                        .no_file = options->no_config_word,
                                                        .drivers = options->drivers_word}};
    mb_status status = mb_config_load(&session->config, &sources, report, error);

    return status == MB_E_NOT_FOUND ? (error->status = MB_E_CONFIG) : status;
}

static void tell_program(void *ctx, int level, const char *task, const char *text)
{
    const struct mb_common *common = ctx;
    common->tell(common->tell_ctx, level, task, text);
}

/* A backup must not fail for want of a log. */
static void open_log(struct mb_session *session, const struct mb_session_options *options)
{
    const struct mb_config_log *config = &session->config->log;
    struct mb_common *common = session->common;
    struct mb_log_options log = {.level = config->level,
                                 .path = options->no_log_file ? NULL : config->path,
                                 .max_bytes = config->max_bytes,
                                 .max_days = config->max_days,
                                 .max_files = config->max_files,
                                 .console = config->console && options->log_to_stderr,
                                 .json = config->json,
                                 .tell = options->log != NULL ? tell_program : NULL,
                                 .ctx = common};
    struct mb_error error = MB_ERROR_INIT;
    char text[sizeof error.message + 32];

    if (options->log_level != NULL)
        mb_log_level_parse(options->log_level, &log.level);
    common->tell = options->log;
    common->tell_ctx = options->log_ctx;
    common->log_level = log.level;
    common->log_to_stderr = log.console;
    common->grpc_speaks = options->grpc_speaks;
    if (mb_log_open(&common->log, &log, &error) == MB_OK)
        return;
    snprintf(text, sizeof text, "there is no log file: %s", error.message);
    notify(options, MB_NOTICE_WARNING, text);
    log.path = NULL;
    mb_error_clear(&error);
    if (mb_log_open(&common->log, &log, &error) == MB_OK)
        mb_log(common->log, MB_LOG_WARN, "%s", text);
}

static mb_status find_drivers(struct mb_common *common, const struct mb_session_options *options,
                              struct mb_error *error)
{
    char installed[PATH_MAX];
    const struct mb_drivers_options drivers = {.plugin_dir = options->driver_dir,
                                               .path = options->driver_path,
                                               .build_dir = options->bundled_driver_dir,
                                               .libdir = mb_installed_drivers(installed),
                                               .log = common->log};
    return mb_drivers_new(&common->drivers, &drivers, error);
}

static mb_status join_common(struct mb_session *session, const struct mb_session_options *options,
                             struct mb_error *error)
{
    if (options->parent != NULL) {
        session->common = options->parent->common;
        mb_common_hold(session->common);
        return MB_OK;
    }
    session->common = calloc(1, sizeof *session->common);
    if (session->common == NULL)
        return mb_fail_memory(error);
    atomic_init(&session->common->holders, 1);
    mb_turns_init(&session->common->turns);
    pthread_mutex_init(&session->common->end_lock, NULL);
    mb_users_init(&session->common->users);
    open_log(session, options);
    if (options->temporary_dir != NULL &&
        (session->common->temporary_folder = strdup(options->temporary_dir)) == NULL)
        return mb_fail_memory(error);
    session->common->memory_bytes = session->config->transfer.memory_bytes;
    session->common->budget = mb_copy_budget_new(session->common->memory_bytes);
    session->common->meters = mb_meters_new();
    if (session->common->budget == NULL || session->common->meters == NULL)
        return mb_fail_memory(error);
    return find_drivers(session->common, options, error);
}

static void log_begin(const struct mb_session *session)
{
    const char *path = session->config->path;
    mb_log(session->common->log, MB_LOG_INFO, "milvus-backup %s, configuration %s", mb_program_version(),
           *path != '\0' ? path : "(none)");
}

static mb_status open_session(struct mb_session *session, const struct mb_session_options *options,
                              struct mb_config_report *report, struct mb_error *error)
{
    MB_TRY(load_config(session, options, report, error));
    MB_TRY(join_common(session, options, error));
    struct mb_log *log = session->common->log;
    for (size_t i = 0; i < session->config->secrets.count; i++)
        mb_log_hide(log, session->config->secrets.items[i]);
    if (!options->like_parent)
        log_begin(session);
    return MB_OK;
}

static struct mb_session *new_session(void)
{
    struct mb_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    atomic_init(&session->holders, 1);
    pthread_mutex_init(&session->lock, NULL);
    mb_slot_init(&session->backup_store);
    mb_slot_init(&session->milvus_store);
    mb_slot_init(&session->milvus);
    pthread_cond_init(&session->idle, NULL);
    session->cancel = mb_cancel_new(NULL);
    if (session->cancel == NULL) {
        mb_session_release(session);
        return NULL;
    }
    return session;
}

static mb_status check_options(const struct mb_session_options *options, struct mb_error *error)
{
    int level;
    if (options->log_level != NULL && !mb_log_level_parse(options->log_level, &level))
        return mb_fail(error, MB_E_INVALID, "log_level is '%s'; it takes error, warn, info, debug or trace",
                       options->log_level);
    if (options->like_parent && options->parent == NULL)
        return mb_abi_missing("parent that the session is to be like", error);
    if (options->override_count > 0 && options->overrides == NULL)
        return mb_abi_missing("list of overrides", error);
    return MB_OK;
}

static mb_status open_given(struct mb_session **out, const struct mb_session_options *given,
                            struct mb_error *error)
{
    struct mb_session_options options;
    struct mb_config_report report = {0};

    if (out == NULL)
        return mb_abi_missing("place for the session", error);
    MB_TRY(mb_abi_take(&options, sizeof options, given, MB_UP_TO(struct mb_session_options, parent),
                       "options of the session", error));
    MB_TRY(check_options(&options, error));
    struct mb_session *session = new_session();
    if (session == NULL)
        return mb_fail_memory(error);
    mb_status status = open_session(session, &options, &report, error);
    tell_report(session, &options, &report);
    mb_config_report_done(&report);
    if (status != MB_OK) {
        mb_session_release(session);
        return status;
    }
    *out = session;
    return MB_OK;
}

mb_status mb_session_open(struct mb_session **out, const struct mb_session_options *options,
                          struct mb_error *error)
{
    MB_ANSWER(error, open_given(out, options, &own));
}

void mb_session_cancel(struct mb_session *session)
{
    if (session != NULL)
        mb_cancel_request(session->cancel);
}

void mb_session_close(struct mb_session *session)
{
    if (session == NULL)
        return;
    mb_cancel_request(session->cancel);
    pthread_mutex_lock(&session->lock);
    while (session->running > 0)
        pthread_cond_wait(&session->idle, &session->lock);
    pthread_mutex_unlock(&session->lock);
    mb_session_release(session);
}

void mb_session_limit_tasks(struct mb_session *session, uint32_t at_once)
{
    if (session != NULL)
        mb_turns_limit(&session->common->turns, at_once);
}

void mb_session_on_task_end(struct mb_session *session, mb_task_end_fn *fn, void *ctx)
{
    if (session == NULL)
        return;
    struct mb_common *common = session->common;
    pthread_mutex_lock(&common->end_lock);
    common->on_end = fn;
    common->on_end_ctx = ctx;
    pthread_mutex_unlock(&common->end_lock);
}

static mb_status about(const struct mb_session *session, struct mb_session_about *out, struct mb_error *error)
{
    if (session == NULL)
        return mb_abi_missing("session", error);
    const char *folder = mb_log_folder(session->common->log);
    const struct mb_session_about value = {.config_path = session->config->path,
                                           .config_schema = (int32_t)session->config->schema,
                                           .log_to_stderr = session->common->log_to_stderr,
                                           .log_folder = folder != NULL ? folder : "",
                                           .log_level = session->common->log_level,
                                           .memory = session->common->memory_bytes,
                                           .memory_peak = mb_budget_peak(session->common->budget),
                                           .backup_bucket = session->config->backup_storage.bucket,
                                           .backup_root_path = session->config->backup_storage.root_path,
                                           .memory_used = mb_budget_used(session->common->budget)};
    return mb_abi_give(out, MB_UP_TO(struct mb_session_about, memory_peak), &value, sizeof value, error);
}

mb_status mb_session_about(struct mb_session *session, struct mb_session_about *out, struct mb_error *error)
{
    MB_ANSWER(error, about(session, out, &own));
}

void mb_session_log(struct mb_session *session, int level, const char *text)
{
    if (session != NULL && text != NULL)
        mb_log(session->common->log, level, "%s", text);
}

void mb_session_hide(struct mb_session *session, const char *secret)
{
    if (session != NULL && secret != NULL)
        mb_log_hide(session->common->log, secret);
}

static mb_status remember(struct mb_session *session, size_t bytes, struct mb_error *error)
{
    if (session == NULL)
        return mb_abi_missing("session", error);
    return session->memo == NULL ? mb_memo_new(&session->memo, bytes, error) : MB_OK;
}

mb_status mb_session_remember(struct mb_session *session, size_t bytes, struct mb_error *error)
{
    MB_ANSWER(error, remember(session, bytes, &own));
}

size_t mb_session_config_count(struct mb_session *session)
{
    return session != NULL ? mb_config_value_count(session->config) : 0;
}

static mb_status config_at(const struct mb_session *session, size_t i, struct mb_config_row *out,
                           struct mb_error *error)
{
    if (session == NULL)
        return mb_abi_missing("session", error);
    if (i >= mb_config_value_count(session->config))
        return mb_fail(error, MB_E_NOT_FOUND, "the configuration has no row %zu", i);
    const struct mb_config_value row = mb_config_value_at(session->config, i);
    const struct mb_config_row value = {.parameter = row.parameter,
                                        .key = row.key,
                                        .value = row.value,
                                        .source = row.source,
                                        .source_key = row.source_key,
                                        .where = row.where};
    return mb_abi_give(out, MB_UP_TO(struct mb_config_row, where), &value, sizeof value, error);
}

mb_status mb_session_config_at(struct mb_session *session, size_t i, struct mb_config_row *out,
                               struct mb_error *error)
{
    MB_ANSWER(error, config_at(session, i, out, &own));
}

#include "cli/context.h"

#include "base/clock.h"
#include "base/version.h"
#include "cli/hint.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEXT = 1200 };

static void speak(struct mb_context *context, int level, const char *label, const char *text)
{
    char line[MAX_TEXT + 32];

    mb_log(context->log, level, "%s", text);
    if (context->global.quiet)
        return;
    snprintf(line, sizeof line, "%s%s", label, text);
    mb_display_say(context->display, line);
}

void mb_context_warn(struct mb_context *context, const char *fmt, ...)
{
    char text[MAX_TEXT];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    speak(context, MB_LOG_WARN, "warning: ", text);
}

void mb_context_say(struct mb_context *context, const char *fmt, ...)
{
    char text[MAX_TEXT];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    speak(context, MB_LOG_INFO, "", text);
}

FILE *mb_context_out(struct mb_context *context)
{
    mb_display_finish(context->display, mb_clock_monotonic());
    return stdout;
}

mb_status mb_context_json(struct mb_context *context, json_t *value, struct mb_error *error)
{
    FILE *out = mb_context_out(context);
    int failed = value == NULL ? -1 : json_dumpf(value, out, JSON_INDENT(4) | JSON_ENCODE_ANY);

    json_decref(value);
    fputc('\n', out);
    context->told = failed == 0;
    /* What could not be written is told when the output is closed. */
    return failed == 0 || ferror(out) ? MB_OK : mb_fail_memory(error);
}

mb_status mb_context_summary(struct mb_context *context, const struct mb_summary_line *lines, size_t count,
                             struct mb_error *error)
{
    mb_display_finish(context->display, mb_clock_monotonic());
    if (context->global.quiet || count == 0)
        return MB_OK;
    return mb_summary_print(context->arena, lines, count, stderr, error);
}

/* Adds to the end of the message. */
static void MB_PRINTF(2, 3) hint(struct mb_error *error, const char *fmt, ...)
{
    size_t len = strlen(error->message);
    va_list args;

    va_start(args, fmt);
    vsnprintf(error->message + len, sizeof error->message - len, fmt, args);
    va_end(args);
}

/* Problems one a line; a single one is left to the error, and so are all for --json. */
static mb_status tell_report(struct mb_context *context, const struct mb_config_report *report,
                             struct mb_error *error)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_config_notice *notice = &report->items[i];
        if (notice->kind == MB_CONFIG_WARNING)
            mb_context_warn(context, "%s", notice->text);
        else if (notice->kind == MB_CONFIG_NOTE)
            mb_log(context->log, MB_LOG_INFO, "%s", notice->text);
        else if (report->problems > 1)
            mb_display_say(context->display, mb_arena_printf(context->arena, "Error: %s", notice->text));
    }
    if (report->problems > 1)
        mb_fail(error, MB_E_CONFIG, "the configuration has %zu problems", report->problems);
    for (size_t i = 0; context->global.json && report->problems > 1 && i < report->count; i++)
        if (report->items[i].kind == MB_CONFIG_PROBLEM)
            hint(error, "; %s", report->items[i].text);
    return error->status;
}

/* A backup must not fail for want of a log. */
static void open_log(struct mb_context *context)
{
    const struct mb_config_log *config = &context->config->log;
    struct mb_log_options options = {.level = config->level,
                                     .path = config->path,
                                     .max_bytes = config->max_bytes,
                                     .max_days = config->max_days,
                                     .max_files = config->max_files,
                                     .console = config->console && !context->global.quiet};
    struct mb_error error = MB_ERROR_INIT;

    if (context->global.log_level != NULL)
        mb_log_level_parse(context->global.log_level, &options.level);
    if (options.console)
        mb_display_share(context->display);
    if (mb_log_open(&context->log, &options, &error) != MB_OK) {
        mb_context_warn(context, "there is no log file: %s", error.message);
        options.path = NULL;
        mb_error_clear(&error);
        if (mb_log_open(&context->log, &options, &error) != MB_OK)
            return;
    }
    for (size_t i = 0; i < context->config->secrets.count; i++)
        mb_log_hide(context->log, context->config->secrets.items[i]);
}

static mb_status load_config(struct mb_context *context, struct mb_error *error)
{
    struct mb_config_sources sources = {.path = context->global.config,
                                        .sets = context->global.sets.items,
                                        .set_count = context->global.sets.count,
                                        .environment = (const char *const *)environ,
                                        .words = mb_hint_words()};
    struct mb_config_report report;
    mb_status status = mb_config_load(&context->config, &sources, &report, error);

    if (status == MB_E_NOT_FOUND)
        error->status = MB_E_CONFIG;
    if (status == MB_OK) {
        open_log(context);
        mb_log(context->log, MB_LOG_INFO, "milvus-backup %s, command %s, configuration %s",
               mb_program_version(), context->command->name,
               *context->config->path != '\0' ? context->config->path : "(none)");
        if (!context->global.quiet && *context->config->path != '\0')
            mb_display_say(context->display,
                           mb_arena_printf(context->arena, "config: %s", context->config->path));
    }
    if (status == MB_OK || status == MB_E_CONFIG)
        tell_report(context, &report, error);
    mb_config_report_done(&report);
    return status == MB_OK ? MB_OK : error->status;
}

/* Where drivers lie, relative to the executable. */
static mb_status find_drivers(struct mb_context *context, struct mb_error *error)
{
    struct mb_drivers_options options = {.plugin_dir = context->global.plugin_dir,
                                         .path = getenv("MILVUS_BACKUP_PLUGIN_PATH"),
                                         .libdir = MB_DRIVER_DIR,
                                         .log = context->log};
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (len > 0) {
        exe[len] = '\0';
        char *slash = strrchr(exe, '/');
        if (slash != NULL)
            *slash = '\0';
        slash = strrchr(exe, '/'); /* the folder above */
        if (slash != NULL)
            *slash = '\0';
        options.build_dir = mb_arena_printf(context->arena, "%s/lib/milvus-backup/drivers", exe);
    }
    return mb_drivers_new(&context->drivers, &options, error);
}

/* A driver that says what to set knows only its own options' names. */
static void name_keys(const struct mb_config_storage_keys *keys, struct mb_error *error)
{
    const char *const options[][2] = {
        {"address to '", keys->address}, {"port to ", keys->port}, {"useSSL to ", keys->use_ssl}};
    const char *before = "; here that is ";
    bool told[3];

    for (size_t i = 0; i < 3; i++)
        told[i] = strstr(error->message, options[i][0]) != NULL;
    for (size_t i = 0; i < 3; i++) {
        if (!told[i])
            continue;
        hint(error, "%s%s", before, options[i][1]);
        before = ", ";
    }
}

mb_status mb_context_explain(const struct mb_config_storage *side, struct mb_error *error)
{
    const struct mb_config_storage_keys *keys = &side->keys;
    bool files = *side->bucket == '\0';

    switch (error->status) {
    case MB_E_NO_BUCKET:
        hint(error, "; check %s", files ? keys->root_path : keys->bucket);
        break;
    case MB_E_UNAUTHENTICATED:
    case MB_E_FORBIDDEN:
        if (files)
            hint(error, "; check %s", keys->root_path);
        else
            hint(error, "; check %s and %s", keys->access_key, keys->secret_key);
        break;
    case MB_E_UNAVAILABLE:
    case MB_E_TIMEOUT:
    case MB_E_PROTOCOL:
        if (!files)
            hint(error, "; check %s and %s", keys->address, keys->port);
        break;
    case MB_E_CONFIG:
        name_keys(keys, error);
        hint(error, "; %s is '%s'", keys->storage_type, side->driver);
        break;
    default:
        break;
    }
    return error->status;
}

/* Opens one side and proves that it answers.  *out stays NULL for a folder that may be missing and is. */
static mb_status open_store(struct mb_context *context, const struct mb_config_storage *side, unsigned needs,
                            struct mb_storage **out, struct mb_error *error)
{
    unsigned patience = context->config->transfer.patience_seconds;
    struct mb_storage_options options = {.log = context->log,
                                         .patience_ns = patience > 0 ? patience * MB_NS_PER_S : -1};
    struct mb_storage *storage = NULL;
    bool files = *side->bucket == '\0';
    unsigned making = files ? MB_NEEDS_FOLDER | MB_NEEDS_BUCKET : MB_NEEDS_BUCKET;
    mb_status status = mb_storage_open(&storage, context->drivers, side->driver, side->options,
                                       side->option_count, &options, error);

    if (status == MB_OK)
        status = mb_storage_check(storage, context->cancel, error);
    if (status == MB_E_NO_BUCKET && (needs & making) != 0) {
        mb_error_clear(error);
        status = mb_storage_create_bucket(storage, context->cancel, error);
        if (status == MB_OK)
            mb_log(context->log, MB_LOG_INFO, "made %s", mb_storage_info(storage)->location);
    } else if (status == MB_E_NO_BUCKET && files && (needs & MB_MAY_LACK_FOLDER) != 0) {
        mb_error_clear(error);
        mb_storage_close(storage);
        return MB_OK;
    }
    if (status != MB_OK) {
        mb_storage_close(storage);
        return mb_context_explain(side, error);
    }
    *out = storage;
    return MB_OK;
}

static mb_status open_stores(struct mb_context *context, struct mb_error *error)
{
    unsigned needs = context->command->needs;
    mb_status status = MB_OK;

    if ((needs & MB_NEEDS_MILVUS_STORE) != 0)
        status = open_store(context, &context->config->milvus_storage, 0, &context->milvus_store, error);
    if (status != MB_OK)
        return mb_error_context(error, "Milvus' storage");
    if ((needs & MB_NEEDS_BACKUP_STORE) != 0)
        status = open_store(context, &context->config->backup_storage, needs, &context->backup_store, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "backup storage");
}

static mb_status open_milvus(struct mb_context *context, struct mb_error *error)
{
    static const enum mb_milvus_tls tls[] = {[MB_CONFIG_TLS_DISABLED] = MB_MILVUS_TLS_DISABLED,
                                             [MB_CONFIG_TLS_SERVER] = MB_MILVUS_TLS_SERVER,
                                             [MB_CONFIG_TLS_MUTUAL] = MB_MILVUS_TLS_MUTUAL};
    const struct mb_config_milvus *config = &context->config->milvus;
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
                                        .keys = context->config->schema == 1 ? "milvus" : "milvus.grpc",
                                        .log = context->log};

    return mb_milvus_connect(&context->milvus, &options, context->cancel, error);
}

/* Neither the environment nor --set speaks of the second file: they would make both the same. */
mb_status mb_context_open_peer(struct mb_context *context, const char *path, unsigned needs,
                               struct mb_context_peer *out, struct mb_error *error)
{
    struct mb_config_sources sources = {.path = path, .words = mb_hint_words()};
    struct mb_config_report report;
    struct mb_context_peer peer = {0};
    mb_status status = mb_config_load(&peer.config, &sources, &report, error);

    if (status == MB_E_NOT_FOUND)
        status = error->status = MB_E_CONFIG;
    if (status == MB_OK)
        for (size_t i = 0; i < peer.config->secrets.count; i++)
            mb_log_hide(context->log, peer.config->secrets.items[i]);
    tell_report(context, &report, error);
    mb_config_report_done(&report);
    if (status == MB_OK)
        status = open_store(context, &peer.config->backup_storage, needs, &peer.backup_store, error);
    if (status < 0) {
        mb_context_close_peer(&peer);
        return mb_error_context(error, "%s", path);
    }
    *out = peer;
    return MB_OK;
}

void mb_context_close_peer(struct mb_context_peer *peer)
{
    mb_storage_close(peer->backup_store);
    mb_config_free(peer->config);
    *peer = (struct mb_context_peer){0};
}

mb_status mb_context_open(struct mb_context *context, struct mb_error *error)
{
    const unsigned stores = MB_NEEDS_MILVUS_STORE | MB_NEEDS_BACKUP_STORE;
    unsigned needs = context->command->needs;

    if ((needs & (MB_NEEDS_CONFIG | MB_NEEDS_MILVUS | stores)) != 0)
        MB_TRY(load_config(context, error));
    if ((needs & (MB_NEEDS_DRIVERS | stores)) != 0)
        MB_TRY(find_drivers(context, error));
    MB_TRY(open_stores(context, error));
    return (needs & MB_NEEDS_MILVUS) != 0 ? open_milvus(context, error) : MB_OK;
}

void mb_context_close(struct mb_context *context)
{
    mb_milvus_close(context->milvus);
    mb_storage_close(context->backup_store);
    mb_storage_close(context->milvus_store);
    mb_drivers_free(context->drivers);
    mb_config_free(context->config);
    mb_log_close(context->log);
    mb_display_free(context->display);
    mb_cancel_free(context->cancel);
    mb_arena_free(context->arena);
}

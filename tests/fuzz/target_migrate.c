/* A configuration of schema v1 as one of schema v2: what is accepted stays so, what is refused does, too. */
#include "fuzz.h"

#include "config/kept.h"
#include "config/migrate.h"

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *why, const struct mb_error *error, const char *text)
{
    fprintf(stderr, "%s: %s\n%s\n", why, error->message, text != NULL ? text : "");
    abort();
}

static mb_status load(const struct mb_config_kept *kept, struct mb_config **out, struct mb_error *error)
{
    const struct mb_config like = {.kept = kept};
    const struct mb_config_sources sources = {.like = &like};
    struct mb_config_report report = {0};

    mb_status status = mb_config_load(out, &sources, &report, error);
    mb_config_report_done(&report);
    return status;
}

static mb_status migrate(const struct mb_config_kept *kept, struct mb_migrated **out, struct mb_error *error)
{
    const struct mb_config like = {.kept = kept};
    const struct mb_config_sources sources = {.like = &like, .path = kept->path};
    struct mb_config_report report = {0};

    mb_status status = mb_config_migrate(out, &sources, &report, error);
    mb_config_report_done(&report);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const none[] = {NULL};
    struct mb_config_kept kept = {
        .path = "fuzz.yaml", .text = (const char *)data, .len = len, .environment = none, .folder = "/"};
    struct mb_error load_error = MB_ERROR_INIT, error = MB_ERROR_INIT;
    struct mb_config *config = NULL, *again = NULL;
    struct mb_migrated *migrated = NULL;
    bool accepted = load(&kept, &config, &load_error) == MB_OK && config->schema == 1;
    bool done = migrate(&kept, &migrated, &error) == MB_OK;

    if (accepted && (!done || migrated->fault != NULL))
        fail("accepted, but not migrated", &error, done ? migrated->text : NULL);
    if (!accepted && done && migrated->fault == NULL)
        fail("migrated, but not accepted", &load_error, migrated->text);
    if (accepted) {
        kept.text = migrated->text;
        kept.len = migrated->len;
        if (load(&kept, &again, &error) != MB_OK || again->schema != 2 ||
            strcmp(again->backup_storage.place, config->backup_storage.place) != 0 ||
            again->schedule_count != config->schedule_count)
            fail("the new file is another", &error, migrated->text);
    }
    mb_config_free(config);
    mb_config_free(again);
    mb_migrated_free(migrated);
    return 0;
}

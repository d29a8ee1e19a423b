#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int fixture_setup(void **state)
{
    struct fixture *f = *state;
    *f = (struct fixture){.error = MB_ERROR_INIT};
    strcpy(f->folder, "/tmp/mb-config-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void unload(struct fixture *f)
{
    mb_config_free(f->config);
    f->config = NULL;
    mb_config_report_done(&f->report);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    unload(f);
    nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

void fixture_write(struct fixture *f, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    for (char *slash = path + strlen(f->folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

mb_status fixture_load(struct fixture *f, const char *yaml, const char *const *environment,
                       const char *const *sets)
{
    struct mb_config_sources sources = {
        .path = yaml != NULL ? "backup.yaml" : "",
        .sets = sets,
        .environment = environment,
        .folder = f->folder,
        .words = {.overrides = "--set", .no_file = "pass --config ''", .drivers = "`milvus-backup drivers`"}};

    unload(f);
    mb_error_clear(&f->error);
    if (yaml != NULL)
        fixture_write(f, "backup.yaml", yaml);
    while (sets != NULL && sets[sources.set_count] != NULL)
        sources.set_count++;
    return mb_config_load(&f->config, &sources, &f->report, &f->error);
}

static void show(const struct fixture *f)
{
    for (size_t i = 0; i < f->report.count; i++)
        print_message("  %s\n", f->report.items[i].text);
}

const struct mb_config *fixture_ok(struct fixture *f, const char *yaml, const char *const *environment,
                                   const char *const *sets)
{
    if (fixture_load(f, yaml, environment, sets) != MB_OK) {
        show(f);
        fail_msg("refused: %s", f->error.message);
    }
    return f->config;
}

bool fixture_has(const struct fixture *f, enum mb_config_notice_kind kind, const char *text)
{
    for (size_t i = 0; i < f->report.count; i++)
        if (f->report.items[i].kind == kind && strstr(f->report.items[i].text, text) != NULL)
            return true;
    return false;
}

void fixture_assert_has(const struct fixture *f, enum mb_config_notice_kind kind, const char *text)
{
    if (fixture_has(f, kind, text))
        return;
    show(f);
    fail_msg("nothing says '%s'", text);
}

void fixture_bad(struct fixture *f, const char *yaml, const char *const *environment, const char *const *sets,
                 const char *text)
{
    if (fixture_load(f, yaml, environment, sets) != MB_E_CONFIG)
        fail_msg("accepted, though '%s' was expected", text);
    assert_null(f->config);
    fixture_assert_has(f, MB_CONFIG_PROBLEM, text);
}

const char *fixture_option(const struct mb_config_storage *storage, const char *key)
{
    for (size_t i = 0; i < storage->option_count; i++)
        if (strcmp(storage->options[i].key, key) == 0)
            return storage->options[i].value;
    return NULL;
}

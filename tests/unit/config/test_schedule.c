/* The list of schedules: each key, what is wrong with one, and where. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#define BASE                                                                                           \
    "minio:\n  storageType: local\n  rootPath: /tmp/a\n  backupStorageType: local\n  backupRootPath: " \
    "/tmp/b\n"

static struct fixture bed;

static void test_all_keys(void **state)
{
    struct fixture *f = *state;
    const struct mb_config *config =
        fixture_ok(f,
                   BASE "schedules:\n"
                        "- name: nightly\n"
                        "  cron: 0 3 * * mon-fri\n"
                        "  timezone: Europe/Berlin\n"
                        "  backupName: night_%Y%m%d\n"
                        "  collections: [a, db.b]\n"
                        "  strategy: skip_flush\n"
                        "  format: binlog\n"
                        "  enabled: false\n"
                        "  retries: 5\n"
                        "  retryAfter: 90s\n"
                        "  retention:\n"
                        "    keepLast: 3\n"
                        "    keepDaily: 7\n"
                        "    keepWeekly: 4\n"
                        "    keepMonthly: 12\n"
                        "    keepWithin: 36h\n"
                        "- {name: week-ly, cron: '@weekly', databases: 'x, y,'}\n",
                   NULL, NULL);
    assert_int_equal(f->report.count, 0);
    assert_int_equal(config->schedule_count, 2);
    const struct mb_config_schedule *a = &config->schedules[0], *b = &config->schedules[1];
    assert_string_equal(a->name, "nightly");
    assert_string_equal(a->cron, "0 3 * * mon-fri");
    assert_string_equal(a->timezone, "Europe/Berlin");
    assert_string_equal(a->backup_name, "night_%Y%m%d");
    assert_int_equal(a->collections.count, 2);
    assert_string_equal(a->collections.items[1], "db.b");
    assert_int_equal(a->strategy, MB_CONFIG_STRATEGY_SKIP_FLUSH);
    assert_int_equal(a->format, MB_CONFIG_FORMAT_BINLOG);
    assert_int_equal(b->format, MB_CONFIG_FORMAT_AUTO);
    assert_false(a->enabled);
    assert_int_equal(a->retries, 5);
    assert_int_equal(a->retry_seconds, 90);
    assert_int_equal(a->retention.last, 3);
    assert_int_equal(a->retention.daily, 7);
    assert_int_equal(a->retention.weekly, 4);
    assert_int_equal(a->retention.monthly, 12);
    assert_string_equal(a->retention.within, "36h");
    assert_non_null(strstr(a->where, "backup.yaml:7:3"));
    assert_string_equal(b->timezone, "UTC");
    assert_string_equal(b->backup_name, "week_ly_%Y%m%d_%H%M%S");
    assert_int_equal(b->databases.count, 2);
    assert_string_equal(b->databases.items[1], "y");
    assert_int_equal(b->retries, 2);
    assert_int_equal(b->retry_seconds, 600);
    assert_string_equal(b->filter, "");
    assert_string_equal(b->retention.within, "");
    assert_true(b->enabled);
}

static void test_in_both_schemas_and_in_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_ok(f, BASE, NULL, NULL)->schedule_count, 0);
    assert_int_equal(fixture_ok(f, BASE "schedules:\n", NULL, NULL)->schedule_count, 0);
    assert_int_equal(fixture_ok(f, BASE "schedules: []\n", NULL, NULL)->schedule_count, 0);
    assert_int_equal(
        fixture_ok(f, "configVersion: v2\nSchedules: [{name: 1st, cron: '@daily'}]\n", NULL, NULL)
            ->schedule_count,
        1);
    assert_string_equal(f->config->schedules[0].backup_name, "_1st_%Y%m%d_%H%M%S");
    assert_int_equal(f->report.count, 0);
}

static void test_anchors_and_merges(void **state)
{
    struct fixture *f = *state;
    const struct mb_config *config = fixture_ok(f,
                                                BASE "x-keep: &keep {keepDaily: 7}\n"
                                                     "schedules:\n"
                                                     "- &first {name: a, cron: '@daily', retention: *keep}\n"
                                                     "- <<: *first\n"
                                                     "  name: b\n",
                                                NULL, NULL);
    assert_int_equal(config->schedule_count, 2);
    assert_string_equal(config->schedules[1].name, "b");
    assert_string_equal(config->schedules[1].cron, "@daily");
    assert_int_equal(config->schedules[1].retention.daily, 7);
}

static void test_what_is_wrong_has_its_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *entry, *says;
    } rows[] = {
        {"- cron: '@daily'\n", ":7:3: name of a schedule: is missing"},
        {"- {name: a b, cron: '@daily'}\n", ":7:10: name of schedule 'a b': takes 1 to 64 letters"},
        {"- {name: a/b, cron: '@daily'}\n", "name of schedule 'a/b': takes"},
        {"- name: a\n", ":7:3: cron of schedule 'a': is missing; it says when"},
        {"- name: a\n  cron: 0 24 * * *\n", ":8:9: cron of schedule 'a': cannot be read: the hour '24'"},
        {"- {name: a, cron: '@daily', timezone: Berlin}\n",
         "timezone of schedule 'a': cannot be used: 'Berlin'"},
        {"- {name: a, cron: '@daily', backupName: a}\n",
         "backupName of schedule 'a': cannot be used: 'a' makes the "},
        {"- {name: a, cron: '@daily', backupName: a-%Y}\n",
         "backupName of schedule 'a': is 'a-%Y', which makes no"},
        {"- {name: a, cron: '@daily', backupName: '%Y'}\n",
         "backupName of schedule 'a': is '%Y', which makes no"},
        {"- {name: a, cron: '@daily', strategy: fast}\n",
         "strategy of schedule 'a': is 'fast'; it takes meta_only"},
        {"- {name: a, cron: '@daily', format: bundle}\n",
         "format of schedule 'a': is 'bundle'; it takes auto, binlog or snapshot"},
        {"- {name: a, cron: '@daily', enabled: maybe}\n",
         "enabled of schedule 'a': is 'maybe'; it takes true"},
        {"- {name: a, cron: '@daily', filter: x, databases: [y]}\n",
         "databases of schedule 'a': cannot be given beside filter"},
        {"- {name: a, cron: '@daily', retention: {keepLast: -1}}\n",
         "retention.keepLast of schedule 'a': is '-1'"},
        {"- {name: a, cron: '@daily', retries: -1}\n",
         "retries of schedule 'a': is '-1'; it takes a number from 0"},
        {"- {name: a, cron: '@daily', retries: 101}\n", "retries of schedule 'a': is '101'"},
        {"- {name: a, cron: '@daily', retryAfter: 10m}\n",
         "retryAfter of schedule 'a': is '10m'; it takes a number with s, min or h"},
        {"- {name: a, cron: '@daily', retryAfter: 600}\n", "retryAfter of schedule 'a': is '600'"},
        {"- {name: a, cron: '@daily', retryAfter: 0s}\n", "retryAfter of schedule 'a': is '0s'"},
        {"- {name: a, cron: '@daily', retryAfter: 169h}\n", "retryAfter of schedule 'a': is '169h'"},
        {"- {name: a, cron: '@daily', retryAfter: 99999999999999999999s}\n", "retryAfter of schedule 'a'"},
        {"- {name: a, cron: '@daily', retention: {keepWithin: 7}}\n",
         "retention.keepWithin of schedule 'a': cannot be read"},
        {"- {name: a, cron: '@daily', keepLast: 7}\n",
         "a schedule has no key 'keepLast'; did you mean retention.keepLast?"},
        {"- {name: a, cron: '@daily', timezon: UTC}\n",
         ":7:29: a schedule has no key 'timezon'; did you mean timezone?"},
        {"- {name: a, cron: '@daily', retention: {keep: 1}}\n", "a schedule has no key 'retention.keep'"},
        {"- {name: a, cron: '@daily', retention: 7}\n", "a schedule has no key 'retention'"},
        {"- {name: a, cron: ['@daily']}\n", "cron of schedule 'a': takes one value"},
        {"- {name: a, cron: '@daily'}\n- {name: A, cron: '@daily', backupName: b_%Y}\n",
         ":8:10: name of schedule 'A': is that of another one"},
        {"- {name: a, cron: '@daily'}\n- {name: b, cron: '@daily', backupName: a_%Y%m%d_%H%M%S}\n",
         "is that of schedule a, too"},
        {"- a\n", "schedules takes a list of sections"},
        {"- [a]\n", "entries of this list must be sections"},
        {"  a: {cron: '@daily'}\n", "schedules takes a list of sections"},
    };
    char yaml[1024];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(yaml, sizeof yaml, BASE "schedules:\n%s", rows[i].entry);
        fixture_bad(f, yaml, NULL, NULL, rows[i].says);
    }
    fixture_bad(f, BASE, NULL, LIST("schedules=x"), "schedules are read from the file only");
    fixture_bad(f, BASE, NULL, LIST("schedules.0.cron=x"), "schedules are read from the file only");
}

static void test_they_are_shown(void **state)
{
    struct fixture *f = *state;
    bool found = false;
    fixture_ok(f, BASE "schedules: [{name: a, cron: '@daily', retention: {keepLast: 3}}]\n", NULL, NULL);
    for (size_t i = 0; i < mb_config_value_count(f->config); i++) {
        const struct mb_config_value value = mb_config_value_at(f->config, i);
        if (strcmp(value.parameter, "Schedules.a.Retention.KeepLast") != 0)
            continue;
        found = true;
        assert_string_equal(value.key, "schedules.a.retention.keepLast");
        assert_string_equal(value.value, "3");
        assert_string_equal(value.source, "config");
        assert_non_null(strstr(value.where, "backup.yaml:6:13"));
    }
    assert_true(found);
}

static void test_a_slip_in_its_name_is_told(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, BASE "schedule: {a: b}\n", NULL, NULL);
    fixture_assert_has(f, MB_CONFIG_WARNING,
                       "unknown section 'schedule' is ignored; did you mean schedules?");
}

#define CASE(test) cmocka_unit_test_prestate_setup_teardown(test, fixture_setup, fixture_teardown, &bed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_all_keys),           CASE(test_in_both_schemas_and_in_none),
        CASE(test_anchors_and_merges), CASE(test_what_is_wrong_has_its_place),
        CASE(test_they_are_shown),     CASE(test_a_slip_in_its_name_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* settings.h - what each option was set to and where, before anything is checked. */
#ifndef MB_CONFIG_SETTINGS_H
#define MB_CONFIG_SETTINGS_H

#include "config/option.h"
#include "config/report.h"
#include "config/yaml.h"

enum mb_setting_source { MB_FROM_DEFAULT, MB_FROM_FILE, MB_FROM_ENVIRONMENT, MB_FROM_SET };

struct mb_setting {
    const char *text; /* NULL while not set */
    bool is_list;
    struct mb_strings list;
    enum mb_setting_source source;
    const char *key;       /* as the source spells it: "minio.backupPort", "MILVUS_PORT"; "" for a default */
    unsigned line, column; /* in the file */
    unsigned rank;         /* among the spellings in a file; 0 outranks the others */
    bool plain;            /* in the file without quotes */
    bool inherited;        /* from Milvus' side */
};

/* A free option for a driver. */
struct mb_free_setting {
    unsigned side; /* 0 Milvus, 1 backup */
    const char *name;
    struct mb_setting setting;
};

struct mb_settings {
    struct mb_arena *arena;
    struct mb_config_report *report;
    const char *path; /* of the file; "" for none */
    struct mb_config_words words;
    unsigned schema;
    struct mb_setting items[MB_ID_COUNT];
    struct mb_free_setting *free;
    size_t free_count;
    const struct mb_yaml_node *nodes; /* of the file */
    size_t node_count;
    struct mb_config_schedule *schedules; /* see schedule.h */
    size_t schedule_count;
};

/* Sources in rising order of precedence. */
void mb_settings_from_file(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count);
void mb_settings_from_environment(struct mb_settings *settings, const char *const *environment);
void mb_settings_from_sets(struct mb_settings *settings, const char *const *sets, size_t count);

/* Fills in defaults and what the backup's side takes from Milvus'. */
void mb_settings_complete(struct mb_settings *settings);

/* Brings what only v1 knows into the form of v2. */
void mb_settings_translate(struct mb_settings *settings);

/* Given on purpose, for this very option? */
bool mb_setting_explicit(const struct mb_setting *setting);

/* "configs/backup.yaml:12:9", "environment variable MILVUS_PORT", or an override by its word and key; NULL
 * for a default. */
const char *mb_setting_where(const struct mb_settings *settings, const struct mb_setting *setting);

/* The option's key in the schema in use; what stands for it where the schema has none. */
const char *mb_settings_key(const struct mb_settings *settings, size_t id);

/* A notice about an option: place and key stand in front of the text. */
void mb_settings_problem(struct mb_settings *settings, size_t id, const char *fmt, ...) MB_PRINTF(3, 4);
void mb_settings_warn(struct mb_settings *settings, size_t id, const char *fmt, ...) MB_PRINTF(3, 4);

/* text, which an arena gave; without memory a problem and "". */
const char *mb_settings_keep(struct mb_settings *settings, const char *text);

/* The value of an environment variable, or NULL. */
const char *mb_environment_get(const char *const *environment, const char *name);

#endif

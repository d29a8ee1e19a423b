/* verify: is a backup whole? */
#include "base/clock.h"
#include "cli/backup_name.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/copy_options.h"
#include "verify/verify.h"

#include <string.h>

struct options {
    const char *name;
    const char *read_data; /* "" for all of it */
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, name),
     .argument = "NAME",
     .help = "The backup."},
    {.name = "read-data",
     .type = MB_FLAG_OPTIONAL_TEXT,
     .offset = offsetof(struct options, read_data),
     .argument = "N/T",
     .help =
         "Reads the data, too, and compares its checksums: all of it, or the N-th of T parts, which together "
         "are all of it."},
};

static bool parse_number(const char *text, size_t len, unsigned *out)
{
    char digits[16];
    int64_t value;
    if (len == 0 || len >= sizeof digits)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (!mb_text_to_int64(digits, &value) || value < 1 || value > 1000000)
        return false;
    *out = (unsigned)value;
    return true;
}

static bool parse_share(const char *text, struct mb_share *out)
{
    size_t len = strcspn(text, "/");
    *out = (struct mb_share){1, 1};
    if (*text == '\0')
        return true;
    return text[len] == '/' && parse_number(text, len, &out->n) &&
           parse_number(text + len + 1, strlen(text + len + 1), &out->of) && out->n <= out->of;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    struct mb_share share;
    (void)arena;
    if (options->read_data != NULL && !parse_share(options->read_data, &share))
        return mb_fail(
            error, MB_E_INVALID,
            "--read-data is '%s'; it takes N/T, the N-th of T parts, such as 1/30, or nothing for all",
            options->read_data);
    return mb_cli_check_name(options->name, error);
}

/* ------------------------------------------------------------- what was found */

static json_t *faults_json(const struct mb_verify_report *report)
{
    json_t *faults = json_array();
    for (size_t i = 0; i < report->fault_count; i++) {
        const struct mb_fault *fault = &report->faults[i];
        json_array_append_new(
            faults, json_pack("{s:s, s:o, s:o, s:o, s:b}", "kind", mb_fault_kind_name(fault->kind), "key",
                              mb_json_text(fault->key), "expected", mb_json_text(fault->expected), "found",
                              mb_json_text(fault->found), "damage", !fault->harmless));
    }
    return faults;
}

static uint64_t count_faults(const struct mb_verify_report *report)
{
    uint64_t count = 0;
    for (int kind = 0; kind < MB_FAULT_KINDS; kind++)
        count += report->counts[kind];
    return count;
}

static json_t *report_json(const char *name, const struct mb_verify_report *report, double seconds)
{
    return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:I, s:f}",
                     "name", mb_json_text(name), "whole", report->damages == 0, "objects_expected",
                     (json_int_t)report->expected, "objects", (json_int_t)report->objects, "bytes",
                     (json_int_t)report->bytes, "not_listed", (json_int_t)report->unlisted, "objects_read",
                     (json_int_t)report->read, "bytes_read", (json_int_t)report->read_bytes,
                     "checksums_compared", (json_int_t)report->compared, "without_checksum",
                     (json_int_t)(report->read - report->compared), "left_out", (json_int_t)report->left_out,
                     "recorded", report->recorded, "descriptions_compared", report->described_twice, "faults",
                     faults_json(report), "faults_not_told",
                     (json_int_t)(count_faults(report) - report->fault_count), "seconds", seconds);
}

static void print_faults(FILE *out, const struct mb_verify_report *report)
{
    for (size_t i = 0; i < report->fault_count; i++) {
        const struct mb_fault *fault = &report->faults[i];
        fprintf(out, "%s: ", mb_fault_kind_name(fault->kind));
        mb_print_clean(out, fault->key);
        fputs(": expected ", out);
        mb_print_clean(out, fault->expected);
        fputs(", found ", out);
        mb_print_clean(out, fault->found);
        fputc('\n', out);
    }
}

static void say_read(struct mb_context *context, const struct mb_verify_report *report)
{
    char size[32];
    uint64_t without = report->read - report->compared;
    if (without == 0)
        mb_context_say(context, "%llu of them read, %s, and their checksums compared",
                       (unsigned long long)report->read,
                       mb_text_bytes(report->read_bytes, size, sizeof size));
    else
        mb_context_say(context, "%llu of them read, %s: %llu checksums compared, %llu have none recorded",
                       (unsigned long long)report->read, mb_text_bytes(report->read_bytes, size, sizeof size),
                       (unsigned long long)report->compared, (unsigned long long)without);
}

static void say(struct mb_context *context, const struct options *options,
                const struct mb_verify_report *report)
{
    char size[32];
    uint64_t untold = count_faults(report) - report->fault_count;
    mb_context_say(context, "%llu of %llu objects are there, %s", (unsigned long long)report->objects,
                   (unsigned long long)report->expected, mb_text_bytes(report->bytes, size, sizeof size));
    if (report->unlisted > 0)
        mb_context_say(context, "%llu of them were not in the listing and found by name",
                       (unsigned long long)report->unlisted);
    if (options->read_data != NULL)
        say_read(context, report);
    if (!report->recorded)
        mb_context_say(context,
                       "the backup has no list of its objects (meta/objects.jsonl): they were compared "
                       "with what its description says");
    if (!report->described_twice)
        mb_context_say(context,
                       "its description is there in one form only, so there was nothing to compare it "
                       "with");
    if (report->left_out > 0)
        mb_context_say(context, "%llu delta logs are there that the description leaves out",
                       (unsigned long long)report->left_out);
    if (untold > 0)
        mb_context_say(context, "%llu more faults are not listed", (unsigned long long)untold);
}

static mb_status judge(struct mb_context *context, const char *name, const struct mb_verify_report *report,
                       struct mb_error *error)
{
    uint64_t harmless = count_faults(report) - report->damages;
    if (harmless > 0)
        mb_context_warn(context, "%llu objects lie there that are no part of the backup",
                        (unsigned long long)harmless);
    if (report->damages > 0)
        return mb_fail(error, MB_E_CORRUPT, "backup %s is damaged: %llu %s found", name,
                       (unsigned long long)report->damages,
                       report->damages == 1 ? "fault was" : "faults were");
    mb_context_say(context, "backup %s is whole", name);
    return MB_OK;
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_config *config = context->config;
    int64_t started = mb_clock_monotonic();
    struct mb_verify_report report;
    struct mb_verify verify = {.catalog = {.storage = context->backup_store,
                                           .root = config->backup_storage.prefix,
                                           .log = context->log},
                               .name = options->name,
                               .read_data = options->read_data != NULL,
                               .copy = mb_cli_copy_options(config),
                               .progress = &context->progress};
    if (context->backup_store == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", options->name);
    if (!parse_share(verify.read_data ? options->read_data : "", &verify.share))
        return mb_fail(error, MB_E_INVALID, "--read-data is '%s'", options->read_data);
    MB_TRY(mb_verify(&verify, context->arena, &report, context->cancel, error));
    double seconds = (double)(mb_clock_monotonic() - started) / 1e9;
    if (context->global.json)
        MB_TRY(mb_context_json(context, report_json(options->name, &report, seconds), error));
    else
        print_faults(mb_context_out(context), &report);
    say(context, options, &report);
    return judge(context, options->name, &report, error);
}

const struct mb_command mb_command_verify = {
    .name = "verify",
    .summary = "Proves that a backup is whole",
    .description =
        "Everything that its description and its list of objects name is there with its size, both forms of "
        "the "
        "description say the same, and nothing else lies among the binlogs. Each fault is a line on standard "
        "output. Nothing is written.",
    .example = "milvus-backup verify -n my_backup\nmilvus-backup verify -n my_backup --read-data=2/30",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_BACKUP_STORE | MB_MAY_LACK_FOLDER,
    .validate = validate,
    .run = run,
};

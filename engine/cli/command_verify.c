/* verify: is a backup whole? */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"

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

static bool parse_number(const char *text, size_t len, uint32_t *out)
{
    char digits[16];
    int64_t value;
    if (len == 0 || len >= sizeof digits)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (!mb_text_to_int64(digits, &value) || value < 1 || value > 1000000)
        return false;
    *out = (uint32_t)value;
    return true;
}

/* "2/30" */
static bool parse_part(const char *text, struct mb_verify_request *out)
{
    size_t len = strcspn(text, "/");
    if (*text == '\0')
        return true;
    return text[len] == '/' && parse_number(text, len, &out->part) &&
           parse_number(text + len + 1, strlen(text + len + 1), &out->parts) && out->part <= out->parts;
}

static mb_status request_of(const struct options *options, struct mb_verify_request *out,
                            struct mb_error *error)
{
    *out = (struct mb_verify_request){
        .struct_size = sizeof *out, .name = options->name, .read_data = options->read_data != NULL};
    if (options->read_data == NULL || parse_part(options->read_data, out))
        return MB_OK;
    return mb_fail(error, MB_E_INVALID,
                   "--read-data is '%s'; it takes N/T, the N-th of T parts, such as 1/30, or nothing for all",
                   options->read_data);
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    struct mb_verify_request request;
    (void)arena;
    MB_TRY(request_of(given, &request, error));
    return mb_verify_check(&request, error);
}

/* ------------------------------------------------------------- what was found */

static json_t *faults_json(struct mb_task *task)
{
    json_t *faults = json_array();
    for (size_t i = 0; i < mb_task_fault_count(task); i++) {
        struct mb_task_fault fault = {.struct_size = sizeof fault};
        if (mb_task_fault_at(task, i, &fault, NULL) == MB_OK)
            json_array_append_new(
                faults, json_pack("{s:s, s:o, s:o, s:o, s:b}", "kind", mb_task_fault_name(fault.kind), "key",
                                  mb_json_text(fault.name), "expected", mb_json_text(fault.expected), "found",
                                  mb_json_text(fault.found), "damage", !fault.harmless));
    }
    return faults;
}

static json_t *result_json(struct mb_task *task, const struct mb_verify_result *found)
{
    return json_pack(
        "{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:I, s:f}", "name",
        mb_json_text(found->name), "whole", found->damages == 0, "objects_expected",
        (json_int_t)found->expected, "objects", (json_int_t)found->objects, "bytes", (json_int_t)found->bytes,
        "not_listed", (json_int_t)found->unlisted, "objects_read", (json_int_t)found->read, "bytes_read",
        (json_int_t)found->read_bytes, "checksums_compared", (json_int_t)found->compared, "without_checksum",
        (json_int_t)(found->read - found->compared), "left_out", (json_int_t)found->left_out, "recorded",
        found->recorded, "descriptions_compared", found->described_twice, "faults", faults_json(task),
        "faults_not_told", (json_int_t)(found->faults - mb_task_fault_count(task)), "seconds",
        (double)found->ns / 1e9);
}

static void print_faults(FILE *out, struct mb_task *task)
{
    for (size_t i = 0; i < mb_task_fault_count(task); i++) {
        struct mb_task_fault fault = {.struct_size = sizeof fault};
        if (mb_task_fault_at(task, i, &fault, NULL) != MB_OK)
            continue;
        fprintf(out, "%s: ", mb_task_fault_name(fault.kind));
        mb_print_clean(out, fault.name);
        fputs(": expected ", out);
        mb_print_clean(out, fault.expected);
        fputs(", found ", out);
        mb_print_clean(out, fault.found);
        fputc('\n', out);
    }
}

static void say_read(struct mb_context *context, const struct mb_verify_result *found)
{
    char size[32];
    uint64_t without = found->read - found->compared;
    mb_text_bytes(found->read_bytes, size, sizeof size);
    if (without == 0)
        mb_context_say(context, "%llu of them read, %s, and their checksums compared",
                       (unsigned long long)found->read, size);
    else
        mb_context_say(context, "%llu of them read, %s: %llu checksums compared, %llu have none recorded",
                       (unsigned long long)found->read, size, (unsigned long long)found->compared,
                       (unsigned long long)without);
}

static void say(struct mb_context *context, const struct options *options,
                const struct mb_verify_result *found)
{
    char size[32];
    uint64_t untold = found->faults - mb_task_fault_count(context->task);
    mb_context_say(context, "%llu of %llu objects are there, %s", (unsigned long long)found->objects,
                   (unsigned long long)found->expected, mb_text_bytes(found->bytes, size, sizeof size));
    if (found->unlisted > 0)
        mb_context_say(context, "%llu of them were not in the listing and found by name",
                       (unsigned long long)found->unlisted);
    if (options->read_data != NULL)
        say_read(context, found);
    if (!found->recorded)
        mb_context_say(context,
                       "the backup has no list of its objects (meta/objects.jsonl): they were compared "
                       "with what its description says");
    if (!found->described_twice)
        mb_context_say(context,
                       "its description is there in one form only, so there was nothing to compare it "
                       "with");
    if (found->left_out > 0)
        mb_context_say(context, "%llu delta logs are there that the description leaves out",
                       (unsigned long long)found->left_out);
    if (untold > 0)
        mb_context_say(context, "%llu more faults are not listed", (unsigned long long)untold);
    if (found->faults > found->damages)
        mb_context_warn(context, "%llu objects lie there that are no part of the backup",
                        (unsigned long long)(found->faults - found->damages));
}

/* A damaged backup has a result, too. */
static mb_status tell(struct mb_context *context, const struct options *options, struct mb_error *error)
{
    struct mb_verify_result found = {.struct_size = sizeof found};
    MB_TRY(mb_task_verify_result(context->task, &found, error));
    if (context->global.json)
        MB_TRY(mb_context_json(context, result_json(context->task, &found), error));
    else
        print_faults(mb_context_out(context), context->task);
    say(context, options, &found);
    if (found.damages == 0)
        mb_context_say(context, "backup %s is whole", found.name);
    return MB_OK;
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    struct mb_error told = MB_ERROR_INIT;
    struct mb_verify_request request;
    struct mb_task *task;
    MB_TRY(request_of(given, &request, error));
    MB_TRY(mb_verify_start(context->session, &request, &task, error));
    mb_status status = mb_context_finish(context, task, error);
    if (status == MB_OK)
        return tell(context, given, error);
    if (status == MB_E_CORRUPT)
        tell(context, given, &told); /* none of a backup that could not be looked at */
    return status;
}

const struct mb_command mb_command_verify = {
    .name = "verify",
    .summary = "Proves that a backup is whole",
    .description =
        "Everything that its description and its list of objects name is there with its size, both forms of "
        "the description say the same, and nothing else lies among the binlogs. Each fault is a line on "
        "standard "
        "output. Nothing is written.",
    .example = "milvus-backup verify -n my_backup\nmilvus-backup verify -n my_backup --read-data=2/30",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};

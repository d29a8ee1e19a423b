/* credential: a line for the file of those who may call the server. */
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/password.h"
#include "service/credential.h"

#include <string.h>

enum { MIN_PASSWORD = 8 };

struct options {
    const char *user;
    const char *role;
    bool token;
    bool certificate;
    const char *password_file;
    const char *expires;
};

static const struct mb_flag flags[] = {
    {.name = "user",
     .letter = 'u',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, user),
     .argument = "NAME",
     .help = "Who it is for; with --certificate the name (CN) that stands there."},
    {.name = "role",
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, role),
     .argument = "ROLE",
     .choices = "read|write",
     .help = "What they may: read looks at backups and tasks, write may do everything."},
    {.name = "token",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, token),
     .help = "A new token instead of a password; it is shown once, on standard error."},
    {.name = "certificate",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, certificate),
     .help = "A client certificate instead of a password."},
    {.name = "password_file",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, password_file),
     .argument = "FILE",
     .help = "Takes the password from the first line of a file; - is standard input."},
    {.name = "expires",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, expires),
     .argument = "MOMENT",
     .help = "Refused from then on: 2027-01-31 or 2027-01-31T12:00:00Z."},
};

/* What is written down, but for the secret. */
static struct mb_credential credential_of(const struct options *options)
{
    struct mb_credential made = {.name = options->user,
                                 .kind = options->token         ? MB_CREDENTIAL_TOKEN
                                         : options->certificate ? MB_CREDENTIAL_CERTIFICATE
                                                                : MB_CREDENTIAL_PASSWORD};
    mb_role_parse(options->role, &made.role);
    if (options->expires != NULL)
        mb_credential_parse_moment(options->expires, &made.expires_ns);
    return made;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    int64_t moment;
    (void)arena;
    if (mb_credential_check_name(options->user, error) != MB_OK)
        return mb_error_context(error, "--user");
    if (options->token + options->certificate + (options->password_file != NULL) > 1)
        return mb_fail(error, MB_E_INVALID, "give one of --token, --certificate and --password-file");
    if (options->expires != NULL && !mb_credential_parse_moment(options->expires, &moment))
        return mb_fail(error, MB_E_INVALID, "--expires is '%s'; it takes 2027-01-31 or 2027-01-31T12:00:00Z",
                       options->expires);
    return MB_OK;
}

static mb_status take_password(struct mb_context *context, const char *path, char out[MB_PASSWORD],
                               struct mb_error *error)
{
    MB_TRY(path != NULL ? mb_password_read(context->cancel, path, out, error)
                        : mb_password_ask(context->cancel, stderr, out, error));
    if (strlen(out) < MIN_PASSWORD)
        return mb_fail(error, MB_E_INVALID,
                       "a password has at least %d bytes; where no person has to know it, --token makes a "
                       "better secret",
                       MIN_PASSWORD);
    for (const char *at = out; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return mb_fail(error, MB_E_INVALID,
                           "the password holds a control character, which no client sends");
    return MB_OK;
}

static mb_status tell(struct mb_context *context, const char *line, const char *token, struct mb_error *error)
{
    if (context->global.json)
        return mb_context_json(
            context, json_pack("{s:s, s:s*}", "line", line, "token", *token != '\0' ? token : NULL), error);
    if (*token != '\0')
        fprintf(stderr, "The token, which cannot be shown again:\n\n    %s\n\n", token);
    fprintf(mb_context_out(context), "%s\n", line);
    return MB_OK;
}

static mb_status make(struct mb_context *context, const struct options *options, char secret[MB_PASSWORD],
                      struct mb_error *error)
{
    const struct mb_credential what = credential_of(options);
    const char *line;
    if (what.kind == MB_CREDENTIAL_TOKEN)
        MB_TRY(mb_credential_make_token(secret, error));
    if (what.kind == MB_CREDENTIAL_PASSWORD)
        MB_TRY(take_password(context, options->password_file, secret, error));
    MB_TRY(mb_credential_line(&what, secret, context->arena, &line, error));
    return tell(context, line, what.kind == MB_CREDENTIAL_TOKEN ? secret : "", error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    char secret[MB_PASSWORD] = "";
    mb_status status = make(context, given, secret, error);
    explicit_bzero(secret, sizeof secret);
    return status;
}

const struct mb_command mb_command_credential = {
    .name = "credential",
    .summary = "Makes a line for the file of those who may call the server",
    .description =
        "The line goes to standard output, for the file that server.credentialsFile names; a server "
        "that runs takes it up by itself. It holds a hash and no secret. The password is asked for, "
        "or read from standard input where that is no terminal.",
    .example = "milvus-backup credential --user alice --role write >>credentials\n"
               "milvus-backup credential --user grafana --role read --token >>credentials",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .validate = validate,
    .run = run,
};

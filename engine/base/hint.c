#include "base/hint.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[MB_HINT_COUNT] = {
    [MB_HINT_NONE] = "none",
    [MB_HINT_INPUT] = "input",
    [MB_HINT_RESUME] = "resume",
    [MB_HINT_DELETE] = "delete",
    [MB_HINT_DELETE_AGAIN] = "delete_again",
    [MB_HINT_TAKE_OVER] = "take_over",
    [MB_HINT_FORCE_DELETE] = "force_delete",
    [MB_HINT_TARGET_EXISTS] = "target_exists",
    [MB_HINT_TARGET_MISSING] = "target_missing",
    [MB_HINT_TARGET_IS_ALIAS] = "target_is_alias",
    [MB_HINT_RENAME_DATABASE] = "rename_database",
    [MB_HINT_SKIP_FLUSH] = "skip_flush",
    [MB_HINT_DROP_FIRST] = "drop_first",
    [MB_HINT_NO_JOBS] = "no_jobs",
    [MB_HINT_CONFIG_FILE] = "config_file",
    [MB_HINT_IGNORED] = "ignored",
    [MB_HINT_EXCLUSIVE] = "exclusive",
    [MB_HINT_ALSO] = "also",
    [MB_HINT_REPLACE] = "replace",
    [MB_HINT_VOLUME] = "volume",
    [MB_HINT_GO_ON] = "go_on",
};

const char *mb_hint_name(uint32_t hint)
{
    return names[hint < MB_HINT_COUNT ? hint : MB_HINT_NONE];
}

mb_status mb_error_hint(struct mb_error *error, enum mb_hint hint, const char *subject)
{
    if (error->hint != MB_HINT_NONE)
        return error->status;
    size_t len = subject == NULL ? 0 : strlen(subject);
    if (len >= sizeof(error->subject))
        len = mb_text_whole(subject, sizeof(error->subject) - 1);
    error->hint = hint;
    memcpy(error->subject, len > 0 ? subject : "", len);
    error->subject[len] = '\0';
    return error->status;
}

mb_status mb_fail_hint(struct mb_error *error, mb_status status, enum mb_hint hint, const char *subject,
                       const char *fmt, ...)
{
    char text[sizeof(error->message)];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    mb_fail(error, status, "%s", n < 0 ? fmt : text);
    return mb_error_hint(error, hint, subject);
}

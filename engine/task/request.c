#include "task/request.h"

#include "catalog/catalog.h"
#include "catalog/layout.h"

#include <stdio.h>
#include <string.h>

enum { MAX_ID = 200 };

static mb_status require_name(const char *name, struct mb_error *error)
{
    if (name != NULL)
        return MB_OK;
    return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "name", "the backup has to be named");
}

mb_status mb_request_new_name(const char *name, struct mb_error *error)
{
    MB_TRY(require_name(name, error));
    if (mb_layout_check_name(name, error) < 0)
        return mb_error_hint(error, MB_HINT_INPUT, "name");
    return MB_OK;
}

mb_status mb_request_name(const char *name, struct mb_error *error)
{
    MB_TRY(require_name(name, error));
    if (mb_layout_check_existing_name(name, error) < 0)
        return mb_error_hint(error, MB_HINT_INPUT, "name");
    return MB_OK;
}

mb_status mb_request_id(const char *id, struct mb_error *error)
{
    if (id == NULL)
        return MB_OK;
    char clean[MAX_ID + 1];
    if (*id == '\0' || !mb_text_fit(clean, sizeof clean, id))
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "id", "an id has 1 to %d bytes, not %zu",
                            MAX_ID, strlen(id));
    mb_text_clean(clean);
    if (strcmp(clean, id) != 0)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "id",
                            "an id is UTF-8 without control characters, and without blanks at its end");
    return MB_OK;
}

mb_status mb_request_text(struct mb_arena *arena, const char *text, const char **out, struct mb_error *error)
{
    *out = text != NULL ? mb_arena_strdup(arena, text) : NULL;
    return text == NULL || *out != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_request_list(struct mb_arena *arena, const char *const *items, size_t count, const char *member,
                          struct mb_strings *out, struct mb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (items == NULL || items[i] == NULL)
            return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, member, "item %zu is NULL", i);
        if (!mb_strings_add(out, arena, mb_arena_strdup(arena, items[i])))
            return mb_fail_memory(error);
    }
    return MB_OK;
}

mb_status mb_request_tristate(int32_t given, const char *member, struct mb_error *error)
{
    if (given == MB_AS_CONFIGURED || given == MB_YES || given == MB_NO)
        return MB_OK;
    return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, member, "%d is none of: as configured, yes, no",
                        (int)given);
}

bool mb_request_decides(int32_t given, bool configured)
{
    return given == MB_AS_CONFIGURED ? configured : given == MB_YES;
}

void mb_request_warn_ignored(struct mb_task *task, const struct mb_strings *ignored)
{
    char text[128];
    for (size_t i = 0; i < ignored->count; i++) {
        snprintf(text, sizeof text, "collections are chosen in more than one way: %s ignored",
                 ignored->items[i]);
        mb_task_warn(task, MB_HINT_IGNORED, ignored->items[i], text);
    }
}

struct mb_copy_options mb_request_copy_options(const struct mb_session *session)
{
    static const enum mb_copy_mode modes[] = {[MB_CONFIG_TRANSFER_AUTO] = MB_COPY_AUTO,
                                              [MB_CONFIG_TRANSFER_DIRECT] = MB_COPY_DIRECT,
                                              [MB_CONFIG_TRANSFER_STREAMING] = MB_COPY_STREAMING};
    const struct mb_config_transfer *config = &session->config->transfer;
    return (struct mb_copy_options){.mode = modes[config->mode],
                                    .max_concurrency = config->concurrency,
                                    .budget = session->common->budget,
                                    .multipart_copy_threshold = config->multipart_copy_threshold};
}

struct mb_catalog mb_request_catalog(const struct mb_session *session, struct mb_storage *storage)
{
    return (struct mb_catalog){
        .storage = storage, .root = session->config->backup_storage.prefix, .log = session->common->log};
}

#include "cli/hint.h"

#include <string.h>

/* Every "%s" is the subject. */
static const char *const sentences[MB_HINT_COUNT] = {
    [MB_HINT_RESUME] = "continue it with --resume, or remove it with: milvus-backup delete -n %s",
    [MB_HINT_DELETE] = "or remove them with: milvus-backup delete -n %s",
    [MB_HINT_DELETE_AGAIN] = "delete it once more if list --all still names it",
    [MB_HINT_TAKE_OVER] = "if you know that nobody is at work on it, add --take_over",
    [MB_HINT_FORCE_DELETE] = "to delete it all the same, and fail its maker, add --force",
    [MB_HINT_TARGET_EXISTS] = "give it another name with --suffix or --rename, replace it with "
                              "--drop_exist_collection, or add to it with --skip_create_collection",
    [MB_HINT_TARGET_MISSING] = "leave out --skip_create_collection to have it made",
    [MB_HINT_TARGET_IS_ALIAS] = "name that one with --rename, or drop the alias",
    [MB_HINT_RENAME_DATABASE] = "send it to \"default\" with --rename %s.*:default.*",
    [MB_HINT_SKIP_FLUSH] = "--strategy skip_flush backs up what milvus has written out",
    [MB_HINT_DROP_FIRST] = "release it, or use --drop_first",
    [MB_HINT_NO_JOBS] = "leave out --use_v2_restore",
    [MB_HINT_EXCLUSIVE] = "give --%s or --databases, not both; --filter takes collections and databases "
                          "together: 'coll,db.*'",
    [MB_HINT_ALSO] = "add --%s",
    [MB_HINT_REPLACE] = "add --force to have it removed first, or remove it with: milvus-backup delete -n %s",
    [MB_HINT_VOLUME] = "what was uploaded stays there: add --volume %s to go on with it",
    [MB_HINT_GO_ON] = "start it again to go on with what is there",
    [MB_HINT_CONFIG_FILE] =
        "name one with --config, or pass --config '' to use the environment and --set only",
};

/* Members have '_' where some flags have '-'. */
static bool is_spelt(const char *flag, const char *member)
{
    while (*flag != '\0' && (*flag == '-' ? '_' : *flag) == *member)
        flag++, member++;
    return *flag == '\0' && *member == '\0';
}

/* Where a command has no flag of the member's name. */
static const char *const renamed[][2] = {
    {"pattern", "name"},
    {"collections", "colls"},
    {"use_import_jobs", "use_v2_restore"},
    {"part", "read-data"},
    {"parts", "read-data"},
    {"index_extra", "backup_index_extra"},
    {"source_cluster", "source_cluster_id"},
    {"target_cluster", "target_cluster_id"},
};

const char *mb_hint_flag(const char *member, const struct mb_command *command)
{
    for (size_t i = 0; command != NULL && i < command->flag_count; i++)
        if (is_spelt(command->flags[i].name, member))
            return command->flags[i].name;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(renamed[i][0], member) == 0)
            return renamed[i][1];
    return member;
}

/* The sentence with its subject, which may hold anything: no format from outside is used. */
static const char *sentence_of(const struct mb_error *error, const struct mb_command *command,
                               struct mb_arena *arena)
{
    const char *subject = error->hint == MB_HINT_EXCLUSIVE || error->hint == MB_HINT_ALSO
                              ? mb_hint_flag(error->subject, command)
                              : error->subject;
    const char *sentence = error->hint < MB_HINT_COUNT ? sentences[error->hint] : NULL;
    const char *place = sentence != NULL ? strstr(sentence, "%s") : NULL;
    if (place == NULL)
        return sentence;
    return mb_arena_printf(arena, "%.*s%s%s", (int)(place - sentence), sentence, subject, place + 2);
}

const char *mb_hint_message(const struct mb_error *error, const struct mb_command *command,
                            struct mb_arena *arena)
{
    const char *text = NULL, *sentence = sentence_of(error, command, arena);
    if (error->hint == MB_HINT_INPUT || error->hint == MB_HINT_IGNORED)
        text = mb_arena_printf(arena, "--%s: %s", mb_hint_flag(error->subject, command), error->message);
    else if (sentence != NULL)
        text = mb_arena_printf(arena, "%s; %s", error->message, sentence);
    return text != NULL ? text : error->message;
}

static bool has_flag(const struct mb_command *command, const char *name)
{
    for (size_t i = 0; i < command->flag_count; i++)
        if (strcmp(command->flags[i].name, name) == 0)
            return true;
    return false;
}

const char *mb_hint_go_on(const char *message, const struct mb_error *error, const struct mb_command *command,
                          struct mb_arena *arena)
{
    if (error->hint == MB_HINT_RESUME || error->hint == MB_HINT_GO_ON)
        return message;
    const char *text =
        mb_arena_printf(arena, "%s; %s", message,
                        has_flag(command, "resume") ? "continue it with --resume" : sentences[MB_HINT_GO_ON]);
    return text != NULL ? text : message;
}

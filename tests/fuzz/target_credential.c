/* Lines of the file of credentials.  What is wrong with one is told without what stands there. */
#include "fuzz.h"

#include "base/arena.h"
#include "service/credential.h"

#include <stdlib.h>
#include <string.h>

enum { TELLING = 12 }; /* a piece of a secret that long in a message is no accident */

static void check_taken(const struct mb_credential *taken)
{
    struct mb_error error = MB_ERROR_INIT;
    bool can_act = taken->role == MB_ROLE_READ || taken->role == MB_ROLE_WRITE;
    if (!can_act || mb_credential_check_name(taken->name, &error) != MB_OK || taken->expires_ns < 0)
        abort();
    if (taken->salt_len > MB_CREDENTIAL_SALT)
        abort();
    if (taken->kind == MB_CREDENTIAL_PASSWORD && (taken->salt_len == 0 || taken->log_n == 0 || taken->r == 0))
        abort();
}

/* The fourth field is the one that a secret may have come into. */
static const char *hash_in(const char *line, size_t *len)
{
    const char *field = line;
    for (int i = 0; i < 3 && field != NULL; i++) {
        field = strchr(field, ':');
        field = field != NULL ? field + 1 : NULL;
    }
    *len = field != NULL ? strcspn(field, ":") : 0;
    return field;
}

static void check_refused(const char *line, const struct mb_error *error)
{
    size_t len = 0;
    const char *hash = hash_in(line, &len);
    if (error->status != MB_E_CONFIG || error->message[0] == '\0')
        abort();
    for (; len >= TELLING; hash++, len--) {
        char piece[TELLING + 1] = "";
        memcpy(piece, hash, TELLING);
        if (strstr(error->message, piece) != NULL)
            abort();
    }
}

static void try_line(const char *line)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_credential taken = {0};
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        abort();
    if (mb_credential_parse(line, arena, &taken, &error) == MB_OK)
        check_taken(&taken);
    else
        check_refused(line, &error);
    mb_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, len);
    text[len] = '\0';
    for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        try_line(line);
    }
    free(text);
    return 0;
}

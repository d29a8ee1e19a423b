#include "base/text.h"

#include <string.h>

/* Appends the elements of key to out, each with a slash in front; returns the new end. */
static char *append_elements(char *out, const char *key)
{
    while (*key != '\0') {
        size_t len = strcspn(key, "/");
        if (len > 0) {
            *out++ = '/';
            memcpy(out, key, len);
            out += len;
        }
        key += len + (key[len] == '/');
    }
    return out;
}

char *mb_key_clean(struct mb_arena *arena, const char *key)
{
    return mb_key_join(arena, key, "");
}

char *mb_key_join(struct mb_arena *arena, const char *a, const char *b)
{
    /* Each text grows by one slash at most. */
    char *text = mb_arena_alloc(arena, strlen(a) + strlen(b) + 3, 1);
    if (text == NULL)
        return NULL;
    char *end = append_elements(append_elements(text, a), b);
    *end = '\0';
    return *text == '/' ? text + 1 : text;
}

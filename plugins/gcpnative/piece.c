/* piece.c - the objects that an unfinished upload consists of: "<key>.mb-upload.<id>.<name>". */
#include "gcpnative.h"

#include "base/buf.h"

#include <string.h>

#define PIECE ".mb-upload."

bool gcs_piece_parse(const char *key, size_t *key_len, char id[GCS_ID_LEN + 1])
{
    const char *at = NULL;
    for (const char *next = strstr(key, PIECE); next != NULL; next = strstr(next + 1, PIECE))
        at = next;
    if (at == NULL)
        return false;
    const char *begin = at + strlen(PIECE);
    if (strspn(begin, "0123456789abcdef") != GCS_ID_LEN || begin[GCS_ID_LEN] != '.' ||
        begin[GCS_ID_LEN + 1] == '\0')
        return false;
    *key_len = (size_t)(at - key);
    memcpy(id, begin, GCS_ID_LEN);
    id[GCS_ID_LEN] = '\0';
    return true;
}

char *gcs_piece_key(const char *key, const char *upload_id, const char *name)
{
    struct mb_buf text = MB_BUF_INIT(8192);
    mb_buf_printf(&text, "%s" PIECE "%s.%s", key, upload_id, name);
    char *piece = mb_buf_steal(&text);
    mb_buf_done(&text);
    return piece;
}

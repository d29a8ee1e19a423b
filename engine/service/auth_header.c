#include "service/auth_header.h"

#include "service/base64.h"

#include <string.h>
#include <strings.h>

/* What stands behind the scheme and its blanks; NULL for another scheme. */
static const char *behind(const char *authorization, const char *scheme)
{
    size_t len = strlen(scheme);
    if (strncasecmp(authorization, scheme, len) != 0 || authorization[len] != ' ')
        return NULL;
    return authorization + len + strspn(authorization + len, " ");
}

static bool take(char out[MB_CREDENTIAL_SECRET], const char *text, size_t len)
{
    if (len >= MB_CREDENTIAL_SECRET)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

bool mb_auth_header_takes(const char *token)
{
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] >= 0x7f || token[i] == ',')
            return false;
    return len > 0 && len < MB_CREDENTIAL_SECRET;
}

static bool parse_token(const char *token, struct mb_auth_header *out)
{
    out->kind = MB_CREDENTIAL_TOKEN;
    out->secret_len = strlen(token);
    return mb_auth_header_takes(token) && take(out->secret, token, out->secret_len);
}

static bool split_pair(const char *pair, size_t len, struct mb_auth_header *out)
{
    const char *colon = memchr(pair, ':', len);
    if (colon == NULL || memchr(pair, '\0', len) != NULL)
        return false;
    out->kind = MB_CREDENTIAL_PASSWORD;
    out->secret_len = len - (size_t)(colon + 1 - pair);
    return take(out->name, pair, (size_t)(colon - pair)) && take(out->secret, colon + 1, out->secret_len);
}

static bool parse_basic(const char *encoded, struct mb_auth_header *out)
{
    char pair[2 * MB_CREDENTIAL_SECRET];
    size_t len = 0;
    bool good =
        mb_base64_decode(encoded, strlen(encoded), pair, sizeof pair, &len) && split_pair(pair, len, out);
    explicit_bzero(pair, sizeof pair);
    return good;
}

bool mb_auth_header_parse(const char *authorization, struct mb_auth_header *out)
{
    const char *token = behind(authorization, "Bearer"), *basic = behind(authorization, "Basic");
    *out = (struct mb_auth_header){.kind = MB_CREDENTIAL_TOKEN};
    return token != NULL ? parse_token(token, out) : basic != NULL && parse_basic(basic, out);
}

void mb_auth_header_wipe(struct mb_auth_header *header)
{
    explicit_bzero(header, sizeof *header);
}

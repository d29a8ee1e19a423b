#include "service/base64.h"

#include <openssl/evp.h>
#include <string.h>

static int digit(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

/* The length without padding; false for padding that does not fill up a group of four. */
static bool without_padding(const char *text, size_t len, size_t *out)
{
    size_t bare = len;
    while (bare > 0 && len - bare < 2 && text[bare - 1] == '=')
        bare--;
    *out = bare;
    return bare == len || len % 4 == 0;
}

bool mb_base64_decode(const char *text, size_t len, void *out, size_t cap, size_t *out_len)
{
    unsigned char *to = out;
    unsigned bits = 0, held = 0;
    size_t bare, made = 0;

    if (!without_padding(text, len, &bare) || bare % 4 == 1 || bare / 4 * 3 + bare % 4 * 3 / 4 > cap)
        return false;
    for (size_t i = 0; i < bare; i++) {
        int value = digit(text[i]);
        if (value < 0)
            return false;
        held = held << 6 | (unsigned)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            to[made++] = (unsigned char)(held >> bits);
        }
    }
    *out_len = made;
    return true;
}

void mb_base64_encode(const void *data, size_t len, char *out)
{
    EVP_EncodeBlock((unsigned char *)out, data, (int)len);
    out[(len * 4 + 2) / 3] = '\0';
}

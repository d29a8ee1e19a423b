/* The XML in which storage services answer. */
#include "fuzz.h"

#include "common/xml.h"

#include <stdlib.h>

static mb_status close_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    *(size_t *)ctx += strlen(name) + strlen(text) + depth;
    return MB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct mb_xml_events events = {.close = close_element};
    struct mb_error error = MB_ERROR_INIT;
    size_t seen = 0;
    if (mb_xml_parse((const char *)data, len, &events, &seen, &error) != MB_OK && error.message[0] == '\0')
        abort();
    return 0;
}

/* The reader of JSON: everything is entered to a depth, and taken below it. */
#include "fuzz.h"

#include "json/reader.h"

#include <stdlib.h>

static mb_status walk(struct mb_json_reader *reader, unsigned depth, struct mb_error *error)
{
    const char *key;
    json_t *value = NULL;
    mb_status status = mb_json_enter_object(reader, error);
    while (status == MB_OK && (status = mb_json_next_member(reader, &key, error)) == MB_OK) {
        if (strlen(key) % 3 == 0 && depth < 3)
            status = walk(reader, depth + 1, error);
        else if (strlen(key) % 3 == 1)
            status = mb_json_skip(reader, error);
        else if ((status = mb_json_take(reader, &value, error)) == MB_OK)
            json_decref(value);
    }
    return status == MB_END ? MB_OK : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_bytes bytes = {.at = data, .left = len};
    struct mb_error error = MB_ERROR_INIT;
    struct mb_json_reader *reader = NULL;
    if (mb_json_reader_new(&reader, "fuzz.json", fuzz_read, &bytes, &error) != MB_OK)
        abort();
    mb_status status = walk(reader, 0, &error);
    if (status == MB_OK)
        status = mb_json_reader_finish(reader, &error);
    if (status != MB_OK && error.message[0] == '\0')
        abort();
    mb_json_reader_free(reader);
    return 0;
}

#include "model/collection.h"

#include <string.h>

bool mb_data_type_is_vector(int32_t data_type)
{
    switch (data_type) {
    case MB_TYPE_BINARY_VECTOR:
    case MB_TYPE_FLOAT_VECTOR:
    case MB_TYPE_FLOAT16_VECTOR:
    case MB_TYPE_BFLOAT16_VECTOR:
    case MB_TYPE_SPARSE_FLOAT_VECTOR:
    case MB_TYPE_INT8_VECTOR:
    case MB_TYPE_ARRAY_OF_VECTOR:
        return true;
    default:
        return false;
    }
}

const char *mb_properties_get(const struct mb_properties *properties, const char *key)
{
    for (size_t i = 0; i < properties->count; i++)
        if (strcmp(properties->items[i].key, key) == 0)
            return properties->items[i].value;
    return NULL;
}

static bool has(const struct mb_properties *properties, const char *key)
{
    const char *value = mb_properties_get(properties, key);
    return value != NULL && *value != '\0';
}

bool mb_database_is_encrypted(const struct mb_database *database)
{
    return has(&database->properties, "cipher.ezID") && has(&database->properties, "cipher.key");
}

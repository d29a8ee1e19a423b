/* The keys of the configuration, as documentation lists them. */
#include "config/config.h"
#include "task/abi.h"

static mb_status key_at(int32_t schema, size_t i, struct mb_key_row *out, struct mb_error *error)
{
    struct mb_config_key key;
    if (schema < 1 || schema > 2 || !mb_config_key_at((unsigned)schema, i, &key))
        return mb_fail(error, MB_E_NOT_FOUND, "schema %d has no key %zu", (int)schema, i);
    const struct mb_key_row value = {.name = key.name,
                                     .type = key.type,
                                     .def = key.def,
                                     .environment = key.environment,
                                     .inherits = key.inherits,
                                     .help = key.help,
                                     .secret = key.secret};
    return mb_abi_give(out, MB_UP_TO(struct mb_key_row, secret), &value, sizeof value, error);
}

mb_status mb_key_at(int32_t schema, size_t i, struct mb_key_row *out, struct mb_error *error)
{
    MB_ANSWER(error, key_at(schema, i, out, &own));
}

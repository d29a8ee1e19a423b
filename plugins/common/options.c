#include "common/options.h"

#include "base/error.h"
#include "common/driver.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
};

const char *mb_option_text(const struct mb_config_values *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->items[i].key, key) == 0 && config->items[i].value && *config->items[i].value)
            return config->items[i].value;
    return NULL;
}

mb_status mb_option_required(const struct mb_config_values *config, const char *key, const char **out,
                             struct mb_error *error)
{
    const char *value = mb_option_text(config, key);
    if (!value)
        return mb_fail(error, MB_E_CONFIG, "%s is not set", key);
    *out = value;
    return MB_OK;
}

static bool is_one_of(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(value, *words) == 0)
            return true;
    return false;
}

mb_status mb_option_bool(const struct mb_config_values *config, const char *key, bool *out,
                         struct mb_error *error)
{
    static const char *const yes[] = {"true", "1", "t", "yes", "on", NULL};
    static const char *const no[] = {"false", "0", "f", "no", "off", NULL};
    const char *value = mb_option_text(config, key);

    if (!value)
        return MB_OK;
    bool is_yes = is_one_of(value, yes);
    if (!is_yes && !is_one_of(value, no))
        return mb_fail(error, MB_E_CONFIG, "%s is '%s', not true or false", key, value);
    *out = is_yes;
    return MB_OK;
}

mb_status mb_option_int(const struct mb_config_values *config, const char *key, int64_t least, int64_t most,
                        int64_t *out, struct mb_error *error)
{
    const char *value = mb_option_text(config, key);
    if (!value)
        return MB_OK;
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < least || number > most)
        return mb_fail(error, MB_E_CONFIG, "%s is '%s', not a number from %lld to %lld", key, value,
                       (long long)least, (long long)most);
    *out = number;
    return MB_OK;
}

/* A non-negative number, perhaps with a fraction, times the unit behind it. */
static mb_status scaled(const struct mb_config_values *config, const char *key, const struct unit *units,
                        const char *example, int64_t *out, struct mb_error *error)
{
    const char *value = mb_option_text(config, key);
    if (!value)
        return MB_OK;
    char *end;
    double number = strtod(value, &end);
    bool digits = isdigit((unsigned char)*value) && end > value && strspn(value, "0123456789.") >= 1 &&
                  strspn(value, "0123456789.") == (size_t)(end - value);
    while (*end == ' ')
        end++;
    for (; digits && units->name; units++) {
        if (strcasecmp(end, units->name) != 0)
            continue;
        number *= (double)units->factor;
        if (number > 9e15)
            break;
        *out = (int64_t)number;
        return MB_OK;
    }
    return mb_fail(error, MB_E_CONFIG, "%s is '%s', not something like %s", key, value, example);
}

mb_status mb_option_duration_ms(const struct mb_config_values *config, const char *key, int64_t *out,
                                struct mb_error *error)
{
    static const struct unit units[] = {{"", 1},      {"s", 1000},    {"ms", 1},
                                        {"m", 60000}, {"h", 3600000}, {NULL, 0}};
    return scaled(config, key, units, "30s", out, error);
}

mb_status mb_option_size(const struct mb_config_values *config, const char *key, uint64_t *out,
                         struct mb_error *error)
{
    static const struct unit units[] = {{"", 1},          {"B", 1},           {"K", 1 << 10},
                                        {"KiB", 1 << 10}, {"M", 1 << 20},     {"MiB", 1 << 20},
                                        {"G", 1 << 30},   {"GiB", 1 << 30},   {"KB", 1000},
                                        {"MB", 1000000},  {"GB", 1000000000}, {NULL, 0}};
    int64_t value = (int64_t)*out;
    MB_TRY(scaled(config, key, units, "8MiB", &value, error));
    *out = (uint64_t)value;
    return MB_OK;
}

static mb_status read_limits(const struct mb_config_values *config, struct mb_http_options *out,
                             struct mb_error *error)
{
    int64_t max_requests = 0;
    MB_TRY(mb_option_bool(config, "skipVerify", &out->skip_verify, error));
    MB_TRY(mb_option_duration_ms(config, "connectTimeout", &out->connect_timeout_ms, error));
    MB_TRY(mb_option_duration_ms(config, "idleTimeout", &out->idle_timeout_ms, error));
    MB_TRY(mb_option_size(config, "maxBandwidth", &out->max_bandwidth, error));
    MB_TRY(mb_option_int(config, "maxRequests", 0, 1000000, &max_requests, error));
    out->max_requests = (unsigned)max_requests;
    return MB_OK;
}

mb_status mb_option_endpoint(const struct mb_config_values *config, const char *address, bool tls,
                             struct mb_endpoint *out, struct mb_error *error)
{
    int64_t port = 0;
    MB_TRY(mb_option_int(config, "port", 0, 65535, &port, error));
    MB_TRY(mb_option_bool(config, "useSSL", &tls, error));
    return mb_endpoint_parse(out, address, (uint16_t)port, tls, error);
}

mb_status mb_option_open(struct mb_store **out, struct mb_store_info *info,
                         const struct mb_config_values *config, size_t size, mb_fill_fn *fill,
                         void (*close)(struct mb_store *store), struct mb_error *error)
{
    struct mb_store *store = calloc(1, size);
    if (store == NULL)
        return mb_fail_memory(error);
    mb_status status = fill(store, info, config, error);
    if (status == MB_OK)
        *out = store;
    else
        close(store);
    return status;
}

mb_status mb_options_http(const struct mb_config_values *config, struct mb_http_options *out,
                          struct mb_error *error)
{
    struct mb_http_options read = {
        .user_agent = mb_driver_user_agent(),
        .ca_file = mb_option_text(config, "caFile"),
        .client_cert = mb_option_text(config, "clientCert"),
        .client_key = mb_option_text(config, "clientKey"),
        .proxy = mb_option_text(config, "proxy"),
    };
    MB_TRY(read_limits(config, &read, error));
    if (!read.client_cert != !read.client_key)
        return mb_fail(error, MB_E_CONFIG, "%s is set but %s is not",
                       read.client_cert ? "clientCert" : "clientKey",
                       read.client_cert ? "clientKey" : "clientCert");
    if (read.skip_verify)
        mb_driver_log(MB_LOG_WARN, "skipVerify is set: certificates are not checked and anybody on the way "
                                   "can read and change the data");
    *out = read;
    return MB_OK;
}

/* options.h - reading the key/value pairs that open() gets, and the options that all network drivers have.
 *
 * The host has checked them against the table and filled in the defaults; a value that is empty counts as not
 * given.  A failure is MB_E_CONFIG and names the key. */
#ifndef MB_COMMON_OPTIONS_H
#define MB_COMMON_OPTIONS_H

#include "common/endpoint.h"
#include "http/http.h"

struct mb_config_values {
    const struct mb_kv *items;
    size_t count;
};

/* NULL when the key is missing or its value empty. */
const char *mb_option_text(const struct mb_config_values *config, const char *key);

/* As mb_option_text, but missing is a failure. */
mb_status mb_option_required(const struct mb_config_values *config, const char *key, const char **out,
                             struct mb_error *error);

/* *out keeps its value when the key is missing.  "true", "1", "yes", "on" and their opposites. */
mb_status mb_option_bool(const struct mb_config_values *config, const char *key, bool *out,
                         struct mb_error *error);

mb_status mb_option_int(const struct mb_config_values *config, const char *key, int64_t least, int64_t most,
                        int64_t *out, struct mb_error *error);

/* As the host writes durations: a bare number of milliseconds.  "10s", "500ms", "2m", "1h" do as well. */
mb_status mb_option_duration_ms(const struct mb_config_values *config, const char *key, int64_t *out,
                                struct mb_error *error);

/* As the host writes sizes: a bare number of bytes.  "512KiB", "8MiB", "1GiB" do as well. */
mb_status mb_option_size(const struct mb_config_values *config, const char *key, uint64_t *out,
                         struct mb_error *error);

/* Where address is with the options port and useSSL; tls holds unless useSSL is given. */
mb_status mb_option_endpoint(const struct mb_config_values *config, const char *address, bool tls,
                             struct mb_endpoint *out, struct mb_error *error);

/* For the slot open: makes a store of size bytes, all zero at first, which fill makes ready and close frees
 * when that fails. */
typedef mb_status mb_fill_fn(struct mb_store *store, struct mb_store_info *info,
                             const struct mb_config_values *config, struct mb_error *error);
mb_status mb_option_open(struct mb_store **out, struct mb_store_info *info,
                         const struct mb_config_values *config, size_t size, mb_fill_fn *fill,
                         void (*close)(struct mb_store *store), struct mb_error *error);

/* Rows of an option table: how to reach a host. */
#define MB_OPTIONS_HTTP                                                                                   \
    {.name = "caFile",                                                                                    \
     .type = MB_OPT_PATH,                                                                                 \
     .help = "PEM file of the authorities to trust instead of the system's."},                            \
        {.name = "clientCert", .type = MB_OPT_PATH, .help = "PEM file of the certificate to show."},      \
        {.name = "clientKey", .type = MB_OPT_PATH, .help = "PEM file of the private key of clientCert."}, \
        {.name = "skipVerify",                                                                            \
         .type = MB_OPT_BOOL,                                                                             \
         .def = "false",                                                                                  \
         .help = "Accept any certificate; for tests only."},                                              \
        {.name = "proxy",                                                                                 \
         .type = MB_OPT_STRING,                                                                           \
         .help = "HTTP proxy to go through, instead of the one that the environment names."},             \
        {.name = "connectTimeout",                                                                        \
         .type = MB_OPT_DURATION,                                                                         \
         .def = "10s",                                                                                    \
         .help = "How long a connection may take to be made."},                                           \
        {.name = "idleTimeout",                                                                           \
         .type = MB_OPT_DURATION,                                                                         \
         .def = "60s",                                                                                    \
         .help = "How long the service may say nothing in the middle of an answer."},                     \
        {.name = "maxBandwidth",                                                                          \
         .type = MB_OPT_SIZE,                                                                             \
         .def = "0",                                                                                      \
         .help = "Bytes per second to move at most, both directions together; 0 for no limit."},          \
    {                                                                                                     \
        .name = "maxRequests", .type = MB_OPT_INT, .def = "0",                                            \
        .help = "Requests per second to make at most; 0 for no limit."                                    \
    }

/* Reads the rows above; the strings in *out are those of config.  The user agent is the host's.  Warns in the
 * log when certificates are not to be verified. */
mb_status mb_options_http(const struct mb_config_values *config, struct mb_http_options *out,
                          struct mb_error *error);

#endif

#include "cloud/ask.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Numbers and the one name alone: any other name is what a resolver says it is. */
static bool is_this_machine(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 ? IN6_IS_ADDR_LOOPBACK(&six)
                                                : mb_text_equal_nocase(host, "localhost");
}

bool mb_cloud_is_open_way(const char *url)
{
    char host[256];
    if (!mb_text_starts_with(url, "http://"))
        return false;
    const char *from = url + strlen("http://");
    bool bracket = *from == '[';
    size_t len = strcspn(from += bracket, bracket ? "]" : ":/");
    if (len >= sizeof host)
        return true;
    memcpy(host, from, len);
    host[len] = '\0';
    return !is_this_machine(host);
}

static mb_status check(const struct mb_cloud_options *options, struct mb_error *error)
{
    const struct mb_cloud_words *words = &options->words;
    if (*options->endpoint == '\0')
        return mb_fail(error, MB_E_CONFIG, "%s is empty: it is the URL of the cloud's API", words->endpoint);
    if (mb_cloud_is_open_way(options->endpoint))
        return mb_fail(error, MB_E_CONFIG,
                       "%s is '%s': the API key would travel unencrypted, so it has to begin with https://",
                       words->endpoint, options->endpoint);
    if (*options->api_key != '\0')
        return MB_OK;
    return mb_fail(
        error, MB_E_CONFIG, "%s is not set: make an API key in the cloud's console%s%s", words->api_key,
        *words->variable != '\0' ? " and set it there or in " : " and set it there", words->variable);
}

static mb_status open_http(struct mb_cloud *cloud, struct mb_error *error)
{
    static const struct mb_http_words words = {.tls = "https:// in it",
                                               .proxy = "the proxy that the environment names"};
    const struct mb_http_options options = {.place = cloud->options.words.endpoint, .words = &words};
    MB_TRY(mb_http_init_once(error));
    return mb_http_new(&cloud->http, &options, error);
}

mb_status mb_cloud_open(struct mb_cloud **out, const struct mb_cloud_options *options, struct mb_error *error)
{
    MB_TRY(check(options, error));
    struct mb_cloud *cloud = calloc(1, sizeof *cloud);
    if (cloud == NULL)
        return mb_fail_memory(error);
    cloud->options = *options;
    mb_log_hide(options->log, options->api_key);
    mb_status status = open_http(cloud, error);
    if (status < 0) {
        mb_cloud_close(cloud);
        return status;
    }
    *out = cloud;
    return MB_OK;
}

void mb_cloud_close(struct mb_cloud *cloud)
{
    if (cloud == NULL)
        return;
    mb_http_free(cloud->http);
    free(cloud);
}

/* jansson tells a number and a text apart; ids are either. */
static mb_status take_job(const json_t *data, struct mb_arena *arena, const char **job,
                          struct mb_error *error)
{
    const json_t *id = json_object_get(data, "jobId");
    char *text = json_is_integer(id)
                     ? mb_arena_printf(arena, "%lld", (long long)json_integer_value(id))
                     : mb_arena_strdup(arena, json_is_string(id) ? json_string_value(id) : "");
    if (text == NULL)
        return mb_fail_memory(error);
    mb_text_clean(text);
    if (*text == '\0')
        return mb_fail(error, MB_E_PROTOCOL,
                       "the cloud's API began a migration and named no job; look at the jobs in its console");
    *job = text;
    return MB_OK;
}

static mb_status begin(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, json_t *body, json_t **data,
                       struct mb_arena *arena, const char **job, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    MB_TRY(mb_cloud_post(cloud, ask, body, data, cancel, error));
    return take_job(*data, arena, job, error);
}

mb_status mb_cloud_migrate(struct mb_cloud *cloud, const struct mb_cloud_wish *wish, struct mb_arena *arena,
                           const char **job, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_cloud_ask ask = {
        .path = "/v2/migrations/startByRemote", .cluster = wish->cluster, .begins = true};
    json_t *data = NULL;
    json_t *body = json_pack("{s:{s:s, s:s}, s:{s:s}}", "source", "stageName", wish->volume, "dataPath",
                             wish->path, "destination", "clusterId", wish->cluster);
    mb_status status = begin(cloud, &ask, body, &data, arena, job, cancel, error);
    json_decref(data);
    return status < 0 ? mb_error_context(error, "begin the migration") : MB_OK;
}

#include "common/reading.h"

#include "common/call.h"
#include "common/foreign.h"

struct mb_reading mb_reading_of(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                                const struct mb_call *call)
{
    struct mb_reading reading = {.store = store,
                                 .key = key,
                                 .if_match = opts != NULL ? opts->if_match : NULL,
                                 .call = call,
                                 .range = mb_range_of(opts),
                                 .stat = {.struct_size = sizeof(reading.stat)}};
    mb_range_write(&reading.range, reading.range_text);
    return reading;
}

mb_status mb_reading_begin(struct mb_reading *reading, const struct mb_http_response *response,
                           const char *size_header, const char *etag, mb_stat_fn *stat,
                           struct mb_error *error)
{
    MB_TRY(mb_foreign_refuse_page(response, error));
    MB_TRY(mb_range_accept(&reading->range, response, size_header, error));
    if (reading->range.unsized)
        MB_TRY(mb_range_learn(&reading->range, etag, stat, reading->store, reading->key, reading->call));
    reading->stat.size = reading->range.size;
    return MB_OK;
}

mb_status mb_reading_end(struct mb_reading *reading, mb_status status,
                         const struct mb_http_response *response, mb_stat_fn *stat, struct mb_stat *out)
{
    if (status < 0 && response->status == 416)
        return mb_range_past_end(&reading->range, reading->if_match, stat, reading->store, reading->key, out,
                                 reading->call);
    MB_TRY(status);
    MB_TRY(mb_range_complete(&reading->range, response, reading->call->error));
    mb_stat_write(out, &reading->stat);
    return MB_OK;
}

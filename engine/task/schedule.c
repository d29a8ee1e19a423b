/* What the configuration has a server back up by itself. */
#include "task/session.h"

size_t mb_session_schedule_count(struct mb_session *session)
{
    return session != NULL ? session->config->schedule_count : 0;
}

static int32_t strategy_of(const struct mb_config_schedule *schedule)
{
    static const int32_t strategies[] = {[MB_CONFIG_STRATEGY_DEFAULT] = MB_CREATE_DEFAULT,
                                         [MB_CONFIG_STRATEGY_META_ONLY] = MB_CREATE_META_ONLY,
                                         [MB_CONFIG_STRATEGY_SKIP_FLUSH] = MB_CREATE_SKIP_FLUSH,
                                         [MB_CONFIG_STRATEGY_SERIAL_FLUSH] = MB_CREATE_SERIAL_FLUSH,
                                         [MB_CONFIG_STRATEGY_BULK_FLUSH] = MB_CREATE_BULK_FLUSH};
    return strategies[schedule->strategy];
}

static int32_t format_of(const struct mb_config_schedule *schedule)
{
    static const int32_t formats[] = {[MB_CONFIG_FORMAT_AUTO] = MB_FORMAT_AUTO,
                                      [MB_CONFIG_FORMAT_BINLOG] = MB_FORMAT_BINLOG,
                                      [MB_CONFIG_FORMAT_SNAPSHOT] = MB_FORMAT_SNAPSHOT};
    return formats[schedule->format];
}

static mb_status schedule_at(struct mb_session *session, size_t i, struct mb_schedule_row *out,
                             struct mb_error *error)
{
    if (session == NULL)
        return mb_abi_missing("session", error);
    if (i >= session->config->schedule_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the configuration has no schedule %zu", i);
    const struct mb_config_schedule *schedule = &session->config->schedules[i];
    const struct mb_schedule_row value = {.name = schedule->name,
                                          .cron = schedule->cron,
                                          .timezone = schedule->timezone,
                                          .backup_name = schedule->backup_name,
                                          .filter = schedule->filter,
                                          .collections = schedule->collections.items,
                                          .collection_count = schedule->collections.count,
                                          .databases = schedule->databases.items,
                                          .database_count = schedule->databases.count,
                                          .strategy = strategy_of(schedule),
                                          .enabled = schedule->enabled,
                                          .keep_last = schedule->retention.last,
                                          .keep_daily = schedule->retention.daily,
                                          .keep_weekly = schedule->retention.weekly,
                                          .keep_monthly = schedule->retention.monthly,
                                          .keep_within = schedule->retention.within,
                                          .where = schedule->where,
                                          .retries = schedule->retries,
                                          .retry_seconds = schedule->retry_seconds,
                                          .format = format_of(schedule)};
    return mb_abi_give(out, MB_UP_TO(struct mb_schedule_row, where), &value, sizeof value, error);
}

mb_status mb_session_schedule_at(struct mb_session *session, size_t i, struct mb_schedule_row *out,
                                 struct mb_error *error)
{
    MB_ANSWER(error, schedule_at(session, i, out, &own));
}

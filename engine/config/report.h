/* report.h - collecting what is wrong, so that it is told all at once. */
#ifndef MB_CONFIG_REPORT_H
#define MB_CONFIG_REPORT_H

#include "config/config.h"

#include <stdarg.h>

mb_status mb_report_init(struct mb_config_report *report, struct mb_error *error);

/* where is "file:12:9" and the like, or NULL.  What was said already is not said again.  From the fiftieth
 * notice on warnings are dropped, from the hundredth on problems are only counted. */
void mb_report_add(struct mb_config_report *report, enum mb_config_notice_kind kind, const char *where,
                   const char *fmt, ...) MB_PRINTF(4, 5);
void mb_report_vadd(struct mb_config_report *report, enum mb_config_notice_kind kind, const char *where,
                    const char *fmt, va_list args) MB_PRINTF(4, 0);

/* MB_OK without problems; else MB_E_CONFIG with the first of them. */
mb_status mb_report_status(const struct mb_config_report *report, struct mb_error *error);

/* Foreign text for a message: quoted, control characters escaped, cut when long. */
const char *mb_quote(struct mb_arena *arena, const char *text);

#endif

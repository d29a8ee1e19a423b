/* explain.h - the keys of the configuration that an error of a storage is about. */
#ifndef MB_TASK_EXPLAIN_H
#define MB_TASK_EXPLAIN_H

#include "config/config.h"

/* Adds to the message which keys of this side to check; returns error->status. */
mb_status mb_explain(const struct mb_config_storage *side, struct mb_error *error);

#endif

/* wrapped.h - storage types that wrap another: "storageType: fault" with the option "over: minio" is
 * described by minio's keys. */
#ifndef MB_CONFIG_WRAPPED_H
#define MB_CONFIG_WRAPPED_H

#include "config/provider.h"
#include "config/settings.h"

/* The side's option "over" when its storageType wraps another, "" when it does not say which; NULL when it
 * wraps none.  first is the id of the side's first field. */
const char *mb_wrapped_over(const struct mb_settings *settings, size_t first);

/* The provider whose keys describe the side: that of its storageType, or of what that wraps in the end.  NULL
 * for a third party's. */
const struct mb_provider *mb_wrapped_provider(const struct mb_settings *settings, size_t first);

/* over as drivers know it: "trace/aws" is "trace/s3".  NULL without memory. */
const char *mb_wrapped_drivers(struct mb_arena *arena, const char *over);

#endif

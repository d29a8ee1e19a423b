/* restored.h - what a restore tells when it has ended well. */
#ifndef MB_CLI_RESTORED_H
#define MB_CLI_RESTORED_H

#include "cli/context.h"

/* Of the context's task.  data: rows were brought back; loads: so was what is loaded. */
mb_status mb_restored_tell(struct mb_context *context, bool data, bool loads, struct mb_error *error);

#endif

/* copy_options.h - what the configuration says about moving objects. */
#ifndef MB_CLI_COPY_OPTIONS_H
#define MB_CLI_COPY_OPTIONS_H

#include "config/config.h"
#include "copy/copy.h"

struct mb_copy_options mb_cli_copy_options(const struct mb_config *config);

#endif

/* transfer_options.h - what the configuration says about moving objects, as transfer takes it. */
#ifndef MB_CLI_TRANSFER_OPTIONS_H
#define MB_CLI_TRANSFER_OPTIONS_H

#include "config/config.h"
#include "transfer/transfer.h"

struct mb_transfer_options mb_cli_transfer_options(const struct mb_config *config);

#endif

#include "cli/transfer_options.h"

struct mb_transfer_options mb_cli_transfer_options(const struct mb_config *config)
{
    static const enum mb_transfer_mode modes[] = {[MB_CONFIG_TRANSFER_AUTO] = MB_TRANSFER_AUTO,
                                                  [MB_CONFIG_TRANSFER_DIRECT] = MB_TRANSFER_DIRECT,
                                                  [MB_CONFIG_TRANSFER_STREAMING] = MB_TRANSFER_STREAMING};
    return (struct mb_transfer_options){.mode = modes[config->transfer.mode],
                                        .max_concurrency = config->transfer.concurrency,
                                        .memory_bytes = config->transfer.memory_bytes,
                                        .multipart_copy_threshold =
                                            config->transfer.multipart_copy_threshold};
}

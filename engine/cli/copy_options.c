#include "cli/copy_options.h"

struct mb_copy_options mb_cli_copy_options(const struct mb_config *config)
{
    static const enum mb_copy_mode modes[] = {[MB_CONFIG_TRANSFER_AUTO] = MB_COPY_AUTO,
                                              [MB_CONFIG_TRANSFER_DIRECT] = MB_COPY_DIRECT,
                                              [MB_CONFIG_TRANSFER_STREAMING] = MB_COPY_STREAMING};
    return (struct mb_copy_options){.mode = modes[config->transfer.mode],
                                    .max_concurrency = config->transfer.concurrency,
                                    .memory_bytes = config->transfer.memory_bytes,
                                    .multipart_copy_threshold = config->transfer.multipart_copy_threshold};
}

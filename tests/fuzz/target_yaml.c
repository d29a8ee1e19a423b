/* A configuration as flat keys, with anchors, aliases and merges. */
#include "fuzz.h"

#include "config/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_config_report report;
    struct mb_yaml_node *nodes = NULL;
    size_t count = 0;
    if (mb_report_init(&report, &error) != MB_OK)
        abort();
    if (mb_yaml_read(report.arena, &report, "fuzz.yaml", data, len, &nodes, &count))
        for (size_t i = 0; i < count; i++)
            if (nodes[i].path == NULL || nodes[i].text == NULL || nodes[i].line == 0)
                abort();
    mb_config_report_done(&report);
    return 0;
}

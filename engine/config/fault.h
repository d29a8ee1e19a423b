/* fault.h - why a text is no YAML, in words that say what to change. */
#ifndef MB_CONFIG_FAULT_H
#define MB_CONFIG_FAULT_H

#include "config/report.h"

#include <yaml.h>

/* Reports the parser's error. */
void mb_yaml_fault(struct mb_arena *arena, struct mb_config_report *report, const char *file,
                   const char *data, size_t len, const yaml_parser_t *parser);

/* "file:12:9" */
const char *mb_yaml_place(struct mb_arena *arena, const char *file, size_t line, size_t column);

#endif

/* misfit.h - files of which nothing counts, and keys that stand where they do not: what is meant can often be
 * told, and passing over it with a warning would run the program against something else. */
#ifndef MB_CONFIG_MISFIT_H
#define MB_CONFIG_MISFIT_H

#include "config/settings.h"

/* False, with a problem, when no key of the file is known or more are known to the other schema. */
bool mb_misfit_judge(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count);

/* A file that sets nothing: a problem, and false, when no other source says anything either, else a warning.
 * others tells of sources that the settings do not show. */
bool mb_misfit_judge_empty(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count,
                           bool others);

/* Where the unknown nodes[at] belongs, as the end of a sentence; NULL when that cannot be told. */
const char *mb_misfit_reason(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count,
                             size_t at);

/* May nodes[at] be there for others: "x-..." by custom, or a store of what aliases use? */
bool mb_misfit_is_store(const struct mb_yaml_node *nodes, size_t count, size_t at);

/* Settings of file and environment that are a template's placeholder, "${NAME}" and the like, are problems
 * and unset. */
void mb_misfit_placeholders(struct mb_settings *settings);

#endif

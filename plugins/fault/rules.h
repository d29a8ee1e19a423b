/* rules.h - the text of fault.rules: "put:every=5:error=UNAVAILABLE;get:nth=3:cut=1000". */
#ifndef MB_FAULT_RULES_H
#define MB_FAULT_RULES_H

#include "shim/shim.h"

#include "base/arena.h"

enum fault_kind { FAULT_NONE, FAULT_ERROR, FAULT_CUT, FAULT_HANG, FAULT_KILL };

struct fault_rule {
    unsigned number; /* from 1, as it stands in the text */
    bool any;        /* every operation, not just operation */
    enum shim_operation operation;

    /* When: calls that match are counted from 1; all that is set has to hold. */
    const char *key; /* matches only keys that hold this text; or NULL */
    uint64_t nth;    /* 0 for unset, as below */
    uint64_t every;
    uint64_t from;

    /* What. */
    enum fault_kind kind;
    mb_status status;        /* of FAULT_ERROR */
    uint32_t retry_after_ms; /* the same */
    uint64_t cut;            /* bytes that still go by */
    int64_t delay_ns;        /* before all else */
    bool late;               /* after the operation has been done */

    uint64_t seen; /* calls that matched so far */
};

/* Does the call match the rule, and is it one that the rule is about?  Counts it; not thread-safe. */
bool fault_rule_fires(struct fault_rule *rule, enum shim_operation operation, const char *key);

/* MB_E_CONFIG says which rule is wrong and how. */
mb_status fault_rules_parse(const char *text, struct mb_arena *arena, struct fault_rule **out, size_t *count,
                            struct mb_error *error);

#endif

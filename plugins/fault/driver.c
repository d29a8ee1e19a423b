/* fault - another driver that fails when and how its rules say. */
#include "rules.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct fault {
    pthread_mutex_t mutex; /* of the rules' counters */
    struct mb_arena *arena;
    struct fault_rule *rules;
    size_t count;
};

static void stop(void *state)
{
    struct fault *fault = state;
    pthread_mutex_destroy(&fault->mutex);
    mb_arena_free(fault->arena);
    free(fault);
}

static mb_status start(void **state, const struct mb_kv *config, size_t count, const struct mb_call *call)
{
    const char *rules = mb_kv_find(config, count, "fault.rules");
    struct fault *fault = calloc(1, sizeof(*fault));
    if (fault == NULL)
        return mb_fail_memory(call->error);
    pthread_mutex_init(&fault->mutex, NULL);
    fault->arena = mb_arena_new();
    mb_status status = fault->arena == NULL ? mb_fail_memory(call->error)
                                            : fault_rules_parse(rules != NULL ? rules : "", fault->arena,
                                                                &fault->rules, &fault->count, call->error);
    if (status != MB_OK)
        stop(fault);
    else
        *state = fault;
    return status;
}

static mb_status hang(const struct mb_call *call)
{
    mb_status status;
    do {
        status = mb_call_rest(call, 3600 * INT64_C(1000000000));
    } while (status == MB_OK);
    return status;
}

static mb_status inject(const struct fault_rule *rule, const struct mb_call *call)
{
    if (rule->kind == FAULT_KILL)
        kill(getpid(), SIGKILL);
    if (rule->kind == FAULT_HANG)
        return hang(call);
    if (rule->kind != FAULT_ERROR)
        return MB_OK;
    mb_fail(call->error, rule->status, "%s, says rule %u of fault.rules", mb_status_name(rule->status),
            rule->number);
    call->error->retry_after_ms = rule->retry_after_ms;
    call->error->flags |= rule->late ? MB_ERR_AMBIGUOUS : 0u;
    return rule->status;
}

/* Every rule counts every call, also when an earlier one fails it: what fires depends on nothing but the
 * order of calls. */
static mb_status before(void *state, struct shim_event *event)
{
    struct fault *fault = state;
    const struct fault_rule *now = NULL, *later = NULL;
    int64_t delay_ns = 0;
    pthread_mutex_lock(&fault->mutex);
    for (size_t i = 0; i < fault->count; i++) {
        struct fault_rule *rule = &fault->rules[i];
        if (!fault_rule_fires(rule, event->operation, event->key))
            continue;
        delay_ns += rule->delay_ns;
        if (rule->late || rule->kind == FAULT_CUT)
            later = later == NULL ? rule : later;
        else if (rule->kind != FAULT_NONE)
            now = now == NULL ? rule : now;
    }
    pthread_mutex_unlock(&fault->mutex);
    event->note = later;
    if (delay_ns > 0)
        MB_TRY(mb_call_rest(event->call, delay_ns));
    return now != NULL ? inject(now, event->call) : MB_OK;
}

static mb_status pass(void *state, const struct shim_event *event, size_t *len, struct mb_error *error)
{
    const struct fault_rule *rule = event->note;
    (void)state;
    if (rule == NULL || rule->kind != FAULT_CUT)
        return MB_OK;
    if (event->bytes >= rule->cut)
        return mb_fail(error, MB_E_UNAVAILABLE,
                       "the connection was cut after %llu bytes, says rule %u of fault.rules",
                       (unsigned long long)event->bytes, rule->number);
    if (*len > rule->cut - event->bytes)
        *len = (size_t)(rule->cut - event->bytes);
    return MB_OK;
}

/* A late fault is for what was done. */
static mb_status after(void *state, const struct shim_event *event)
{
    const struct fault_rule *rule = event->note;
    (void)state;
    return rule != NULL && rule->late && event->status >= 0 ? inject(rule, event->call) : event->status;
}

static const struct shim_hooks hooks = {.name = "fault",
                                        .prefix = "fault.",
                                        .start = start,
                                        .stop = stop,
                                        .before = before,
                                        .pass = pass,
                                        .after = after};

static const struct mb_option options[] = {
    {.name = "fault.rules",
     .type = MB_OPT_STRING,
     .help =
         "What goes wrong and when: \"put:every=5:error=UNAVAILABLE;get:nth=3:cut=1000;put:nth=7:kill\"."},
    SHIM_OPTIONS,
};

SHIM_DRIVER("fault", "another driver, with failures on demand; for tests");

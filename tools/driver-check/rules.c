/* rules.c - what was seen in all the calls of the run. */
#include "check.h"

static void judge(struct check *c, enum rule rule)
{
    unsigned times = c->suite->broken[rule];
    EXPECT(times == 0, "%s%s", c->suite->first[rule], times == 1 ? "" : " (and more of the kind)");
}

#define RULE_TEST(function, rule)         \
    static void function(struct check *c) \
    {                                     \
        judge(c, rule);                   \
    }

RULE_TEST(outputs, RULE_OUTPUTS)
RULE_TEST(errors, RULE_ERRORS)
RULE_TEST(retryable, RULE_RETRYABLE)
RULE_TEST(secrets, RULE_SECRETS)
RULE_TEST(cancelled, RULE_CANCELLED)

const struct test rule_tests[] = {
    {"always.outputs-untouched", "no call that failed wrote to its outputs", 0, outputs},
    {"always.errors-filled", "every failure left its status and a message as messages are written", 0,
     errors},
    {"always.retryable", "what may pass is marked as retryable and nothing else is", 0, retryable},
    {"always.no-secrets", "no message told a secret", 0, secrets},
    {"always.cancelled", "cancelled was asked from the thread of the call", 0, cancelled},
    {0},
};

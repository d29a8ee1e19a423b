#include "base/retry.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct mb_retry_policy mb_retry_default = {
    .attempts = 8,
    .base_ns = 100 * MB_NS_PER_MS,
    .cap_ns = 10 * MB_NS_PER_S,
};

/* SplitMix64: enough to keep clients apart, and needs no state but one word. */
static uint64_t next_random(uint64_t *random)
{
    uint64_t z = (*random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void mb_retry_init(struct mb_retry *retry, const struct mb_retry_policy *policy)
{
    *retry = (struct mb_retry){.policy = *policy};
    retry->random = (uint64_t)mb_clock_monotonic() ^ (uint64_t)(uintptr_t)retry;
}

int64_t mb_retry_wait_ns(const struct mb_retry_policy *policy, unsigned attempt, uint64_t *random)
{
    int64_t ceiling = policy->base_ns;
    while (attempt-- > 1 && ceiling < policy->cap_ns)
        ceiling = ceiling > INT64_MAX / 2 ? INT64_MAX : ceiling * 2;
    if (ceiling > policy->cap_ns)
        ceiling = policy->cap_ns;
    return ceiling <= 0 ? 0 : (int64_t)(next_random(random) % ((uint64_t)ceiling + 1));
}

/* Returns the kind that the attempt was of, or NULL when there was no room to remember it. */
static const struct mb_retry_kind *count_attempt(struct mb_retry *retry, const struct mb_error *error)
{
    struct mb_retry_kind kind = {.count = 1};
    size_t len = mb_text_whole(error->message, strnlen(error->message, sizeof(kind.message) - 1));
    memcpy(kind.message, error->message, len);
    retry->attempt++;
    retry->ambiguous |= error->flags & MB_ERR_AMBIGUOUS;
    for (unsigned i = 0; i < retry->kind_count; i++) {
        if (strcmp(retry->kinds[i].message, kind.message) == 0) {
            retry->kinds[i].count++;
            return &retry->kinds[i];
        }
    }
    if (retry->kind_count == sizeof(retry->kinds) / sizeof(retry->kinds[0])) {
        retry->others++;
        return NULL;
    }
    retry->kinds[retry->kind_count] = kind;
    return &retry->kinds[retry->kind_count++];
}

MB_PRINTF(3, 4)
static void append(char *text, size_t cap, const char *fmt, ...)
{
    size_t len = strlen(text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + len, cap - len, fmt, args);
    va_end(args);
}

/* "<last message> (3 attempts; before: 2 x connection refused)" */
static mb_status fold(struct mb_retry *retry, struct mb_error *error, const struct mb_retry_kind *last,
                      const char *why)
{
    error->flags |= retry->ambiguous;
    if (retry->attempt < 2 && why[0] == '\0')
        return error->status;

    char tail[sizeof(error->message) / 2] = "";
    append(tail, sizeof(tail), " (%u attempt%s%s", retry->attempt, retry->attempt == 1 ? "" : "s", why);
    const char *separator = "; before: ";
    for (unsigned i = 0; i < retry->kind_count; i++) {
        const struct mb_retry_kind *kind = &retry->kinds[i];
        if (kind == last)
            continue;
        append(tail, sizeof(tail), "%s%u x %s", separator, kind->count, kind->message);
        separator = ", ";
    }
    if (retry->others > 0)
        append(tail, sizeof(tail), "%sothers", separator);
    tail[mb_text_whole(tail, strlen(tail))] = '\0';
    size_t room = sizeof(error->message) - strlen(tail) - 2;
    error->message[mb_text_whole(error->message, strnlen(error->message, room))] = '\0';
    append(error->message, sizeof(error->message), "%s)", tail);
    return error->status;
}

mb_status mb_retry_again(struct mb_retry *retry, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_retry_kind *kind = count_attempt(retry, error);
    if ((error->flags & MB_ERR_RETRYABLE) == 0 || retry->attempt >= retry->policy.attempts)
        return fold(retry, error, kind, "");

    int64_t wait = mb_retry_wait_ns(&retry->policy, retry->attempt, &retry->random);
    int64_t asked = (int64_t)error->retry_after_ms * MB_NS_PER_MS;
    if (wait < asked)
        wait = asked;
    int64_t deadline = retry->policy.deadline_ns;
    if (deadline != 0 && mb_clock_monotonic() >= deadline - wait)
        return fold(retry, error, kind, ", then the deadline");

    struct mb_error stopped = MB_ERROR_INIT;
    if (mb_cancel_sleep(cancel, wait, &stopped) == MB_OK)
        return MB_OK;
    fold(retry, error, kind, "");
    uint32_t flags = error->flags & MB_ERR_AMBIGUOUS;
    mb_fail(error, MB_E_CANCELLED, "cancelled while waiting to try again after: %s", error->message);
    error->flags |= flags;
    return MB_E_CANCELLED;
}

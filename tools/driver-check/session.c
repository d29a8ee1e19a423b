/* session.c - open stores, and what is said about them. */
#include "check.h"

#include "storage/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Shorter values appear in any text by chance. */
enum { MIN_SECRET = 8 };

void rule_break(struct suite *suite, enum rule rule, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    pthread_mutex_lock(&suite->lock);
    if (suite->broken[rule]++ == 0)
        vsnprintf(suite->first[rule], sizeof(suite->first[rule]), fmt, args);
    pthread_mutex_unlock(&suite->lock);
    va_end(args);
}

static bool is_secret(const struct mb_storage_plugin *plugin, const char *name)
{
    struct mb_option option;
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        mb_driver_option(plugin, i, &option);
        if (option.name != NULL && strcmp(option.name, name) == 0)
            return (option.flags & MB_OPT_SECRET) != 0;
    }
    return false;
}

const char *secret_in(const struct suite *suite, const char *text)
{
    const struct config *configs[] = {&suite->good, &suite->bad};
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        for (size_t k = 0; k < configs[i]->count; k++) {
            const struct mb_kv *kv = &configs[i]->items[k];
            if (strlen(kv->value) >= MIN_SECRET && is_secret(suite->plugin, kv->key) &&
                strstr(text, kv->value) != NULL)
                return kv->key;
        }
    }
    return NULL;
}

static int is_cancelled(const struct mb_call *call)
{
    struct session *s = call->host_data;
    if (!pthread_equal(pthread_self(), s->thread))
        rule_break(s->suite, RULE_CANCELLED, "cancelled was called from another thread than the slot was");
    return atomic_load(&s->cancel);
}

static void session_init(struct session *s, struct suite *suite)
{
    *s = (struct session){.suite = suite, .thread = pthread_self()};
    s->info.struct_size = sizeof(s->info);
    s->error = MB_ERROR_INIT;
    s->call = (struct mb_call){
        .struct_size = sizeof(s->call), .cancelled = is_cancelled, .error = &s->error, .host_data = s};
    pthread_mutex_init(&s->own, NULL);
    if (suite->plugin->thread_model == MB_THREADS_SERIAL)
        s->lock = &suite->slots;
    else if (suite->plugin->thread_model == MB_THREADS_PER_STORE)
        s->lock = &s->own;
}

mb_status session_open(struct session *s, struct suite *suite, const struct config *config)
{
    session_init(s, suite);
    mb_status status = suite->plugin->open(&s->store, &s->info, config->items, config->count, &s->call);
    s->owns_store = status == MB_OK;
    return status;
}

void session_share(struct session *s, const struct session *of)
{
    session_init(s, of->suite);
    s->store = of->store;
    s->info = of->info;
    s->lock = of->lock;
}

void session_close(struct session *s)
{
    if (s->owns_store)
        s->suite->plugin->close(s->store);
    s->owns_store = false;
    pthread_mutex_destroy(&s->own);
}

void session_reset(struct session *s, int64_t deadline_in_ns)
{
    atomic_store(&s->cancel, false);
    s->thread = pthread_self();
    s->call.deadline_ns = deadline_in_ns == 0 ? 0 : mb_clock_monotonic() + deadline_in_ns;
}

bool session_has(const struct session *s, uint64_t cap)
{
    return (s->info.caps & cap) == cap;
}

const char *session_said(const struct session *s, mb_status status, struct mb_arena *arena)
{
    const char *said = status >= 0
                           ? mb_arena_strdup(arena, mb_status_name(status))
                           : mb_arena_printf(arena, "%s: %s", mb_status_name(status), s->error.message);
    return said == NULL ? "?" : said;
}

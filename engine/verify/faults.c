#include "verify/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *mb_fault_kind_name(enum mb_fault_kind kind)
{
    static const char *const names[MB_FAULT_KINDS] = {
        [MB_FAULT_MISSING] = "missing",         [MB_FAULT_SIZE] = "size",
        [MB_FAULT_CHECKSUM] = "checksum",       [MB_FAULT_UNREADABLE] = "unreadable",
        [MB_FAULT_DESCRIPTION] = "description", [MB_FAULT_STRAY] = "stray",
    };
    return names[kind];
}

void mb_faults_init(struct mb_faults *faults, struct mb_arena *arena)
{
    *faults = (struct mb_faults){.arena = arena};
    pthread_mutex_init(&faults->lock, NULL);
}

void mb_faults_done(struct mb_faults *faults)
{
    free(faults->items);
    pthread_mutex_destroy(&faults->lock);
}

static mb_status keep(struct mb_faults *faults, const struct mb_fault *fault, struct mb_error *error)
{
    if (faults->count == faults->cap) {
        size_t cap = faults->cap > 0 ? faults->cap * 2 : 16;
        struct mb_fault *items = reallocarray(faults->items, cap, sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        faults->items = items;
        faults->cap = cap;
    }
    struct mb_fault copy = *fault;
    copy.key = mb_arena_strdup(faults->arena, fault->key);
    copy.expected = mb_arena_strdup(faults->arena, fault->expected);
    copy.found = mb_arena_strdup(faults->arena, fault->found);
    if (copy.key == NULL || copy.expected == NULL || copy.found == NULL)
        return mb_fail_memory(error);
    faults->items[faults->count++] = copy;
    return MB_OK;
}

mb_status mb_faults_add(struct mb_faults *faults, const struct mb_fault *fault, struct mb_error *error)
{
    pthread_mutex_lock(&faults->lock);
    faults->damages += !fault->harmless;
    mb_status status = faults->counts[fault->kind]++ < MB_FAULTS_KEPT ? keep(faults, fault, error) : MB_OK;
    pthread_mutex_unlock(&faults->lock);
    return status;
}

mb_status mb_faults_note(struct mb_faults *faults, enum mb_fault_kind kind, const char *key,
                         const char *expected, struct mb_error *error, const char *found, ...)
{
    char text[1024];
    const struct mb_fault fault = {.kind = kind, .key = key, .expected = expected, .found = text};
    va_list args;
    va_start(args, found);
    vsnprintf(text, sizeof(text), found, args);
    va_end(args);
    return mb_faults_add(faults, &fault, error);
}

static int order(const void *a, const void *b)
{
    const struct mb_fault *x = a, *y = b;
    int by = (x->kind > y->kind) - (x->kind < y->kind);
    if (by == 0)
        by = strcmp(x->key, y->key);
    return by != 0 ? by : strcmp(x->expected, y->expected);
}

void mb_faults_sort(struct mb_faults *faults)
{
    if (faults->count > 0)
        qsort(faults->items, faults->count, sizeof(*faults->items), order);
}

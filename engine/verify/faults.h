/* faults.h - what is wrong with a backup, row by row, in bounded memory. */
#ifndef MB_VERIFY_FAULTS_H
#define MB_VERIFY_FAULTS_H

#include "base/arena.h"
#include "base/error.h"

#include <pthread.h>

enum mb_fault_kind {
    MB_FAULT_MISSING,
    MB_FAULT_SIZE,
    MB_FAULT_CHECKSUM,    /* its bytes are not those that were recorded */
    MB_FAULT_UNREADABLE,  /* it is there, but cannot be read, or not understood */
    MB_FAULT_DESCRIPTION, /* two descriptions of the backup differ */
    MB_FAULT_STRAY,       /* nothing names it */
    MB_FAULT_KINDS
};

struct mb_fault {
    enum mb_fault_kind kind;
    bool harmless;        /* no damage: worth telling */
    const char *key;      /* relative to the backup's directory */
    const char *expected; /* "10 bytes", "CRC32C 0badcafe" */
    const char *found;    /* "nothing", "9 bytes", or why not */
};

/* So many rows of each kind are kept, the others are counted. */
enum { MB_FAULTS_KEPT = 1000 };

struct mb_faults {
    pthread_mutex_t lock;
    struct mb_arena *arena; /* the rows' */
    struct mb_fault *items;
    size_t count, cap;
    uint64_t counts[MB_FAULT_KINDS]; /* all of them */
    uint64_t damages;                /* of these, those that are not harmless */
};

/* "missing", "size", "checksum", "unreadable", "description", "stray". */
const char *mb_fault_kind_name(enum mb_fault_kind kind);

/* arena outlives it, and is used by nobody else meanwhile. */
void mb_faults_init(struct mb_faults *faults, struct mb_arena *arena);
void mb_faults_done(struct mb_faults *faults);

/* Thread-safe; the texts are copied. */
mb_status mb_faults_add(struct mb_faults *faults, const struct mb_fault *fault, struct mb_error *error);

/* The same for a damage; found is formatted. */
mb_status mb_faults_note(struct mb_faults *faults, enum mb_fault_kind kind, const char *key,
                         const char *expected, struct mb_error *error, const char *found, ...)
    MB_PRINTF(6, 7);

/* By kind and key. */
void mb_faults_sort(struct mb_faults *faults);

#endif

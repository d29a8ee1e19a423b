/* disk.h - a disk that fails when it is told to: the calls by which bytes and names get onto it are replaced
 * in the tests that link disk.c. */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>

enum disk_call {
    DISK_WRITE,
    DISK_TRUNCATE,
    DISK_WAIT,      /* sync_file_range that waits */
    DISK_SYNC_FILE, /* fsync */
    DISK_SYNC_DIRECTORY,
    DISK_CLOSE, /* of a regular file that is open for writing */
    DISK_RENAME,
    DISK_CALLS
};

struct disk {
    unsigned calls[DISK_CALLS];   /* made so far */
    unsigned fail_at[DISK_CALLS]; /* this one fails; 0 for none */
    bool takes_effect;            /* what fails is done all the same */
    bool cuts_writes;             /* the disk takes at most three bytes at once */
    int sys_errno;                /* 0: a write that fails takes no byte and says so */
};

extern struct disk disk;

/* A disk on which everything works; what fails will fail with EIO. */
void disk_mend(void);

/* From now on the n-th call of the kind fails, and no other. */
void disk_break(enum disk_call call, unsigned n);

#endif

/*
 * hint.h - what an error asks its reader to do, as a kind and the thing that it is about
 *
 * Below a front end nobody knows how something is asked for: by a flag, a member of a request or a field of a
 * struct.  An error carries a kind and its subject, and the front end words them.
 */
#ifndef MB_HINT_H
#define MB_HINT_H

/* Behind each: its subject.  Numbers are part of the ABI: append, never renumber. */
enum mb_hint {
    MB_HINT_NONE = 0,
    MB_HINT_INPUT = 1,            /* the member of the request that is malformed, "filter" */
    MB_HINT_RESUME = 2,           /* a backup that is not complete: go on with it, or delete it */
    MB_HINT_DELETE = 3,           /* a backup: delete what lies under its name */
    MB_HINT_DELETE_AGAIN = 4,     /* a backup: delete it once more if it is still listed */
    MB_HINT_TAKE_OVER = 5,        /* a backup that is being made: take its name all the same */
    MB_HINT_FORCE_DELETE = 6,     /* a backup that is being made: delete it all the same */
    MB_HINT_TARGET_EXISTS = 7,    /* a collection: give another name, replace it, or add to it */
    MB_HINT_TARGET_MISSING = 8,   /* a collection: have it created */
    MB_HINT_TARGET_IS_ALIAS = 9,  /* an alias: name its collection, or drop the alias */
    MB_HINT_RENAME_DATABASE = 10, /* a database: send what it holds to the default one */
    MB_HINT_SKIP_FLUSH = 11,      /* a collection: back up what is written out, without a flush */
    MB_HINT_DROP_FIRST = 12,      /* a collection: drop it before the new one is made, or release it */
    MB_HINT_NO_JOBS = 13,         /* none: do without import jobs */
    MB_HINT_CONFIG_FILE = 14,     /* none: name a configuration file, or say that there is none */
    MB_HINT_IGNORED = 15,         /* the member of the request that does not count beside another */
    MB_HINT_EXCLUSIVE = 16, /* the member beside which databases must not be given; a filter takes both */
    MB_HINT_ALSO = 17,      /* the member that has to be set, too */
    MB_HINT_REPLACE = 18,   /* a backup: have what lies under its name removed first, or delete it */
    MB_HINT_VOLUME = 19,    /* a volume of the cloud: name it, to go on with what was uploaded there */
    MB_HINT_GO_ON = 20,     /* a backup that is being moved: the same request goes on with what is there */
    MB_HINT_COUNT
};

#endif

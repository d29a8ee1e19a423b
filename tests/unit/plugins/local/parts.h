/* parts.h - uploads of one object in parts, for the tests in which the disk fails. */
#ifndef PARTS_H
#define PARTS_H

#include "bed.h"

#define KEY    "d/k"
#define OLD    "what was there before"
#define NEW    "aaaabbbbcc"
#define ID_CAP 64

/* NEW in parts that are in place already, and in such as have to be pieced together. */
extern const char *const parts_even[];
extern const char *const parts_uneven[];
extern const char *const *const parts_cuts[];

struct parts {
    struct bed *bed;
    char id[ID_CAP];
    struct mb_part parts[4];
    size_t count;
    struct mb_stat st;
};

/* A store that syncs, on a disk that works. */
int parts_up(void **state);
#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, parts_up, bed_down)

struct parts parts_begin(struct bed *bed, uint32_t flags);
mb_status parts_send(struct parts *u, const char *text); /* the next part */
mb_status parts_copy(struct parts *u);                   /* the second part, out of KEY */
struct parts parts_upload(struct bed *bed, const char *const *texts, uint32_t flags);
mb_status parts_complete(struct parts *u);

/* Does the last error say that it may help to try again? */
bool parts_again(const struct bed *bed);

/* The path of the upload's file, or of its directory when name is NULL. */
void parts_path(const struct bed *bed, const struct parts *u, const char *name, char out[512]);

/* Nothing is left of the upload, and nothing but KEY is listed. */
void parts_assert_gone(struct bed *bed, const struct parts *u);

#endif

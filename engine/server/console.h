/* console.h - the pages for people: files of console/, in the program itself. */
#ifndef MB_SERVER_CONSOLE_H
#define MB_SERVER_CONSOLE_H

#include <stddef.h>

struct mb_console_page {
    const char *path; /* "/console/main.js" */
    const char *content_type;
    const unsigned char *data;
    size_t len;
};

extern const struct mb_console_page mb_console_pages[];
extern const size_t mb_console_pages_count;

/* What is served under a path, "/" for the console itself; NULL for nothing. */
const struct mb_console_page *mb_console_find(const char *path);

/* The pages' policy: they take nothing from elsewhere, run no script but their own files, and are shown in no
 * frame. */
extern const char mb_console_policy[];

#endif

/* installed.h - where the installation that this library belongs to keeps its drivers. */
#ifndef MB_TASK_INSTALLED_H
#define MB_TASK_INSTALLED_H

#include <limits.h>

/* The folder beside the file that holds this code, so that an installation may be moved as a whole; else the
 * one that it was built for.  In buf, or a constant. */
const char *mb_installed_drivers(char buf[PATH_MAX]);

#endif

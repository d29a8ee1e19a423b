/* version.h - the version of this program. */
#ifndef MB_BASE_VERSION_H
#define MB_BASE_VERSION_H

/* "0.1.0" */
const char *mb_program_version(void);

#endif

/* libraries.h - the libraries that drivers find initialised (see struct mb_host).  Private to storage. */
#ifndef MB_STORAGE_LIBRARIES_H
#define MB_STORAGE_LIBRARIES_H

#include "base/error.h"

/* Once per process, whoever calls first.  Thread-safe. */
mb_status mb_libraries_init(struct mb_error *error);

#endif

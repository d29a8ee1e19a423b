/* path.h - paths of which not everything has to exist. */
#ifndef MB_BASE_PATH_H
#define MB_BASE_PATH_H

/* The canonical path of what exists of path (realpath(3)), with the rest behind it as it was written; the
 * caller frees.  NULL and errno when it cannot be told, ENOTDIR for a way that leads through a file. */
char *mb_path_resolve(const char *path);

#endif

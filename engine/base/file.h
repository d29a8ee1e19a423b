/* file.h - whole reads and writes of descriptors, however little the system takes at once. */
#ifndef MB_BASE_FILE_H
#define MB_BASE_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Ignores -1; errno stays. */
void mb_file_close(int fd);

/* All of it from offset on; -1 and errno otherwise. */
int mb_file_write(int fd, const void *data, size_t len, uint64_t offset);

/* Fewer than len bytes only at the file's end; -1 and errno otherwise. */
ssize_t mb_file_read(int fd, void *data, size_t len, uint64_t offset);

/* Appends the whole of a small file to out, up to its ceiling. */
mb_status mb_file_text(const char *path, struct mb_buf *out, struct mb_error *error);

/* The first line of a small file, as of proc(5); false when there is none. */
bool mb_file_first_line(const char *path, char *out, size_t cap);

/* What the kernel calls this boot of the machine; false, and "" in out, when it does not tell. */
bool mb_file_boot(char *out, size_t cap);

/* Removes the directory called name in parent with the files in it, also while others put files there; what
 * it holds besides files is not touched.  0, or -1 and errno. */
int mb_file_remove_folder(int parent, const char *name);

/* Waits until the names in the directory are on the disk: 0 also where file systems cannot or whoever asks
 * may not; -1 and errno otherwise. */
int mb_file_sync_folder(const char *path);

/* What may stand where a file is put. */
enum mb_file_place {
    MB_FILE_ABSENT,  /* nothing: otherwise MB_E_EXISTS, and it stays */
    MB_FILE_REPLACE, /* anything, which goes */
    MB_FILE_OWN      /* likewise, and the name with ".new" behind it is the caller's, too */
};

/* Writes a file that is there whole or not at all, and that its owner alone may read: beside its place, and
 * there once it is on the disk.  Errors name the path.  *fd, where fd is not NULL, is open for both and the
 * caller's from the moment that the file stands there, also when its folder cannot be synced then; before -1.
 */
mb_status mb_file_put(const char *path, const void *data, size_t len, enum mb_file_place place, int *fd,
                      struct mb_error *error);

#endif

#include "base/owner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL ", process "

struct self {
    char host[256];
    char space[64]; /* the process numbers' */
};

static struct self self_now(void)
{
    struct self self = {.host = "", .space = ""};
    if (gethostname(self.host, sizeof(self.host) - 1) != 0 || self.host[0] == '\0')
        strcpy(self.host, "unknown host");
    ssize_t len = readlink("/proc/self/ns/pid", self.space, sizeof(self.space) - 1);
    if (len <= 0)
        strcpy(self.space, "unknown space");
    return self;
}

const char *mb_owner_self(struct mb_arena *arena)
{
    struct self self = self_now();
    return mb_arena_printf(arena, "%s" LABEL "%ld, %s", self.host, (long)getpid(), self.space);
}

enum mb_owner_fate mb_owner_fate_of(const char *text)
{
    struct self self = self_now();
    size_t host_len = strlen(self.host);
    if (strncmp(text, self.host, host_len) != 0 || strncmp(text + host_len, LABEL, strlen(LABEL)) != 0)
        return MB_OWNER_UNKNOWN;
    const char *number = text + host_len + strlen(LABEL);
    char *end;
    errno = 0;
    long pid = strtol(number, &end, 10);
    if (end == number || errno != 0 || pid <= 0 || pid != (pid_t)pid || strncmp(end, ", ", 2) != 0 ||
        strcmp(end + 2, self.space) != 0)
        return MB_OWNER_UNKNOWN;
    if (pid == getpid())
        return MB_OWNER_SELF;
    return kill((pid_t)pid, 0) == 0 || errno == EPERM ? MB_OWNER_LIVES : MB_OWNER_GONE;
}

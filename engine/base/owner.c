#include "base/owner.h"

#include "base/file.h"
#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL   ", process "
#define BOOT    ", boot "
#define STARTED ", started "
#define WORK    ", work "
#define TASK    ", task "

struct mb_owner {
    struct mb_owner *next;
    unsigned number;
    char text[];
};

/* Who lives in this process: its marks in stores outlive the tasks that put them, so that only the process
 * itself can tell which of them have ended.  Where the list lies is part of the text: a second copy of this
 * library in the process has its own. */
static struct {
    pthread_mutex_t lock;
    struct mb_owner *first;
    unsigned count; /* that there ever were */
} living = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct self {
    char host[256];
    char space[64]; /* the process numbers' */
    char boot[64];  /* of the machine; "" when it does not tell */
};

static struct self self_now(void)
{
    struct self self = {.host = "", .space = "", .boot = ""};
    if (gethostname(self.host, sizeof(self.host) - 1) != 0 || self.host[0] == '\0')
        strcpy(self.host, "unknown host");
    ssize_t len = readlink("/proc/self/ns/pid", self.space, sizeof(self.space) - 1);
    if (len <= 0)
        strcpy(self.space, "unknown space");
    mb_file_boot(self.boot, sizeof(self.boot));
    return self;
}

/* In ticks since the machine was booted, the 22nd field of proc(5)'s stat; 0 when it is not told.  The name
 * of the program, in brackets, may hold anything. */
static unsigned long long start_of(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    if (!mb_file_first_line(path, text, sizeof(text)))
        return 0;
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

static int write_text(char *out, size_t cap, unsigned number)
{
    struct self self = self_now();
    const char *task = mb_scope_current()->id;
    bool has_task = task != NULL && *task != '\0';
    return snprintf(out, cap, "%s" LABEL "%ld, %s" BOOT "%s" STARTED "%llu" WORK "%lx.%u%s%s", self.host,
                    (long)getpid(), self.space, self.boot, start_of(getpid()), (unsigned long)&living, number,
                    has_task ? TASK : "", has_task ? task : "");
}

struct mb_owner *mb_owner_new(void)
{
    char text[1024];
    pthread_mutex_lock(&living.lock);
    unsigned number = ++living.count;
    int len = write_text(text, sizeof(text), number);
    size_t size = len < 0 ? 1 : (size_t)len < sizeof(text) ? (size_t)len + 1 : sizeof(text);
    struct mb_owner *owner = malloc(sizeof(*owner) + size);
    if (owner != NULL) {
        owner->number = number;
        memcpy(owner->text, text, size);
        owner->next = living.first;
        living.first = owner;
    }
    pthread_mutex_unlock(&living.lock);
    return owner;
}

void mb_owner_free(struct mb_owner *owner)
{
    if (owner == NULL)
        return;
    pthread_mutex_lock(&living.lock);
    struct mb_owner **at = &living.first;
    while (*at != owner)
        at = &(*at)->next;
    *at = owner->next;
    pthread_mutex_unlock(&living.lock);
    free(owner);
}

const char *mb_owner_text(const struct mb_owner *owner)
{
    return owner->text;
}

static bool take(const char **text, const char *expected)
{
    size_t len = strlen(expected);
    if (strncmp(*text, expected, len) != 0)
        return false;
    *text += len;
    return true;
}

static bool take_pid(const char **text, pid_t *pid)
{
    char *end;
    errno = 0;
    long number = strtol(*text, &end, 10);
    if (end == *text || errno != 0 || number <= 0 || number != (pid_t)number)
        return false;
    *pid = (pid_t)number;
    *text = end;
    return true;
}

static bool runs(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

/* The process has the number that it had, but is it the same one? */
static bool began_at(pid_t pid, const char *text)
{
    unsigned long long now = start_of(pid), then = strtoull(text, NULL, 10);
    return now == 0 || then == 0 || now == then;
}

/* Of an owner in this process, whose text goes on behind its start. */
static enum mb_owner_fate fate_within(const char *text)
{
    char *at;
    const char *work = strstr(text, WORK);
    if (work == NULL || strtoul(work + strlen(WORK), &at, 16) != (unsigned long)&living || *at != '.')
        return MB_OWNER_LIVES;
    unsigned long number = strtoul(at + 1, NULL, 10);
    pthread_mutex_lock(&living.lock);
    const struct mb_owner *owner = living.first;
    while (owner != NULL && owner->number != number)
        owner = owner->next;
    pthread_mutex_unlock(&living.lock);
    return owner != NULL ? MB_OWNER_LIVES : MB_OWNER_GONE;
}

enum mb_owner_fate mb_owner_fate_of(const char *text)
{
    struct self self = self_now();
    pid_t pid;
    if (!take(&text, self.host) || !take(&text, LABEL) || !take_pid(&text, &pid) || !take(&text, ", ") ||
        !take(&text, self.space))
        return MB_OWNER_UNKNOWN;
    /* Without the boot it may be another machine of this name, where the process still runs. */
    if (*text == '\0')
        return pid != getpid() && runs(pid) ? MB_OWNER_LIVES : MB_OWNER_UNKNOWN;
    if (self.boot[0] == '\0' || !take(&text, BOOT) || !take(&text, self.boot) || !take(&text, STARTED))
        return MB_OWNER_UNKNOWN;
    if (!runs(pid) || !began_at(pid, text))
        return MB_OWNER_GONE;
    return pid == getpid() ? fate_within(text) : MB_OWNER_LIVES;
}

const char *mb_owner_brief(const char *text, struct mb_arena *arena)
{
    const char *label = strstr(text, LABEL);
    if (label == NULL)
        return mb_arena_strdup(arena, text);
    size_t len = (size_t)(label - text) + strlen(LABEL) + strcspn(label + strlen(LABEL), ",");
    const char *work = strstr(label, WORK);
    const char *task = work != NULL ? strstr(work, TASK) : NULL;
    return mb_arena_printf(arena, "%.*s%s", (int)len, text, task != NULL ? task : "");
}

/* This process, by the names that Prometheus' clients give its numbers. */
#include "service/metrics_private.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void gauge(struct mb_exposition *exposition, const char *name, const char *help, uint64_t value)
{
    mb_exposition_family(exposition, name, "gauge", help);
    mb_exposition_count(exposition, "", value);
}

/* The line of a file below /proc that begins so, without that; false when there is none. */
static bool read_line(const char *path, const char *beginning, char *out, int cap)
{
    FILE *file = fopen(path, "re");
    bool found = false;
    while (file != NULL && !found && fgets(out, cap, file) != NULL)
        found = strncmp(out, beginning, strlen(beginning)) == 0;
    if (file != NULL)
        fclose(file);
    if (found)
        memmove(out, out + strlen(beginning), strlen(out + strlen(beginning)) + 1);
    return found;
}

static void write_memory(struct mb_exposition *exposition)
{
    uint64_t virtual_pages = 0, pages = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);
    char line[256];
    if (!read_line("/proc/self/statm", "", line, sizeof line) ||
        sscanf(line, "%" SCNu64 " %" SCNu64, &virtual_pages, &pages) != 2)
        return;
    gauge(exposition, "process_resident_memory_bytes", "Memory that is resident.", pages * page);
    gauge(exposition, "process_virtual_memory_bytes", "Memory that is mapped.", virtual_pages * page);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void write_cpu(struct mb_exposition *exposition)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    mb_exposition_family(exposition, "process_cpu_seconds_total", "counter",
                         "Time of processors, the system's included.");
    mb_exposition_seconds(exposition, "", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
}

static void write_files(struct mb_exposition *exposition)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit;
    uint64_t count = 0;
    if (folder != NULL) {
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
            count += *entry->d_name != '.';
        closedir(folder);
        gauge(exposition, "process_open_fds", "Open files and connections.", count > 0 ? count - 1 : 0);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        gauge(exposition, "process_max_fds", "So many may be open.", (uint64_t)limit.rlim_cur);
}

/* The 22nd word, counted from behind the name in brackets, which may hold anything. */
static void write_start(struct mb_exposition *exposition)
{
    char line[1024], boot[128];
    uint64_t ticks = 0, booted = 0;
    if (!read_line("/proc/self/stat", "", line, sizeof line) ||
        !read_line("/proc/stat", "btime ", boot, sizeof boot) || sscanf(boot, "%" SCNu64, &booted) != 1)
        return;
    char *at = strrchr(line, ')');
    for (int i = 2; at != NULL && i < 22; i++)
        at = strchr(at + 1, ' ');
    if (at == NULL || sscanf(at, "%" SCNu64, &ticks) != 1)
        return;
    mb_exposition_family(exposition, "process_start_time_seconds", "gauge", "When it was started.");
    mb_exposition_seconds(exposition, "", (double)booted + (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

void mb_metrics_write_process(struct mb_exposition *exposition)
{
    write_cpu(exposition);
    write_memory(exposition);
    write_files(exposition);
    write_start(exposition);
}

/* launcher.c - starts the program of an archive that brings its own libraries and their loader.
 *
 * It is linked statically, so that it runs where no library is.  The loader gets the libraries' folder as an
 * argument and not in the environment: what the program may start is not touched by it.  /proc/self/exe of
 * the program is the loader, runtime/milvus-backup, beside whose folder the drivers lie as they do beside
 * that of an installed program. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { CANNOT_RUN = 126, LOADER_WORDS = 6 };

struct place {
    char root[PATH_MAX];
    const char *name; /* the program's */
};

static bool find_place(struct place *place)
{
    ssize_t len = readlink("/proc/self/exe", place->root, sizeof place->root - 1);
    if (len > 0)
        place->root[len] = '\0';
    else if (realpath((const char *)getauxval(AT_EXECFN), place->root) == NULL)
        return false;
    char *slash = strrchr(place->root, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    place->name = slash + 1;
    slash = strrchr(place->root, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

static char *join(const struct place *place, const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s%s", place->root, folder, name) < 0)
        exit(CANNOT_RUN);
    return path;
}

/* What the libraries look for in places that a foreign system need not have. */
static void stand_in(const struct place *place)
{
    static const char *const authorities[] = {
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"};
    bool has_authorities = false;
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++)
        has_authorities = has_authorities || access(authorities[i], R_OK) == 0;
    if (!has_authorities)
        setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", join(place, "runtime/", "ca-certificates.crt"), 0);
    if (access("/usr/share/zoneinfo/UTC", R_OK) != 0)
        setenv("TZDIR", join(place, "share/", "zoneinfo"), 0);
}

int main(int argc, char **argv)
{
    struct place place;
    char **words = calloc((size_t)argc + LOADER_WORDS + 1, sizeof *words);
    if (words == NULL || !find_place(&place)) {
        fprintf(stderr, "the folder of this program cannot be found: %s\n", strerror(errno));
        return CANNOT_RUN;
    }
    stand_in(&place);
    char *loader = join(&place, "runtime/", "milvus-backup");
    char *const first[LOADER_WORDS] = {loader,
                                       "--argv0",
                                       argc > 0 ? argv[0] : loader,
                                       "--library-path",
                                       join(&place, "runtime", ""),
                                       join(&place, "libexec/", place.name)};
    memcpy(words, first, sizeof first);
    for (int i = 1; i < argc; i++)
        words[LOADER_WORDS + i - 1] = argv[i];
    execv(loader, words);
    fprintf(stderr, "%s cannot be started: %s\n", loader, strerror(errno));
    return CANNOT_RUN;
}

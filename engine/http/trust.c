#include "http/trust.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Alpine */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, Red Hat, CentOS */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* older ones of these */
    "/var/lib/ca-certificates/ca-bundle.pem",            /* SUSE */
    "/etc/ssl/ca-bundle.pem",                            /* older ones */
    "/etc/ssl/cert.pem",                                 /* others */
};

static bool beside_program(char path[PATH_MAX])
{
    static const char name[] = "/ca-certificates.crt";
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) + sizeof name > PATH_MAX)
        return false;
    memcpy(slash, name, sizeof name);
    return access(path, R_OK) == 0;
}

const char *mb_http_authorities(const char *own, char path[PATH_MAX])
{
    if (own == NULL || access(own, R_OK) == 0)
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], R_OK) == 0) {
            snprintf(path, PATH_MAX, "%s", places[i]);
            return path;
        }
    }
    return beside_program(path) ? path : NULL;
}

/* trust.h - where a system keeps the certificates of the authorities that it trusts. */
#ifndef MB_HTTP_TRUST_H
#define MB_HTTP_TRUST_H

#include <limits.h>

/* libcurl knows the place of the system that it was built for.  NULL where that can be read; elsewhere the
 * place of another system, or else "ca-certificates.crt" in the folder of the program that runs, for an
 * installation that brings its own; NULL when there is none of them either. */
const char *mb_http_authorities(const char *own, char path[PATH_MAX]);

#endif

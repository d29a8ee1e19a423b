/* notify.h - tells a service manager how the server is (sd_notify(3)'s protocol, which is one datagram). */
#ifndef MB_SERVER_NOTIFY_H
#define MB_SERVER_NOTIFY_H

/* socket is what NOTIFY_SOCKET says; NULL or "" for no manager.  A manager that does not listen is no
 * failure. */
void mb_notify(const char *socket, const char *state);

#endif

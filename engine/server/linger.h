/* linger.h - clients that still send when their answer is already decided.
 *
 * A socket that is closed with bytes unread resets the connection, and the answer may be lost with it; many
 * clients also read nothing before they have sent everything.  So what they send is read and thrown away
 * until they are done.  Thread-safe. */
#ifndef MB_SERVER_LINGER_H
#define MB_SERVER_LINGER_H

#include "base/error.h"

struct mb_linger;

/* seconds is the longest that one is listened to. */
mb_status mb_linger_new(struct mb_linger **out, unsigned seconds, struct mb_error *error);
void mb_linger_free(struct mb_linger *linger); /* drops those that are left */

/* fd stays the caller's, who reads nothing more from it; it may be closed.  Without effect when too many do.
 */
void mb_linger_add(struct mb_linger *linger, int fd);

#endif

/* call.h - what a driver and the layers below it do with the call that they answer. */
#ifndef MB_BASE_CALL_H
#define MB_BASE_CALL_H

#include "base/error.h"

/* MB_E_CANCELLED or MB_E_TIMEOUT when nobody waits for the call any more. */
mb_status mb_call_wanted(const struct mb_call *call);

/* Sleeps for ns nanoseconds, as long as the call is wanted. */
mb_status mb_call_rest(const struct mb_call *call, int64_t ns);

#endif

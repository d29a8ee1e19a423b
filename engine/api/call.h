/* call.h - one request to the API and its answer, whichever door it came through.
 *
 * A door fills in a call, hands it to mb_api_serve and gets it back by `answered`, from that or any other
 * thread, once.  Until then what the call points to must live; afterwards the door sends the answer and frees
 * the call with its arena. */
#ifndef MB_API_CALL_H
#define MB_API_CALL_H

#include "base/buf.h"
#include "service/service.h"

struct mb_api;
struct mb_route;

struct mb_answer {
    unsigned status;          /* of HTTP */
    const char *content_type; /* NULL for none */
    const char *location;     /* of a redirect; or NULL */
    unsigned retry_after;     /* seconds; 0 for nothing said */
    struct mb_buf body;
};

struct mb_api_call {
    struct mb_api *api;
    struct mb_arena *arena;
    const char *method;        /* "GET" */
    const char *path;          /* "/api/v1/list", decoded */
    const char *raw_query;     /* as sent, without '?'; "" */
    const struct mb_kv *query; /* decoded pairs, in order; those that cannot be decoded are left out */
    size_t query_count;
    const char *request_id; /* the header; "" for none: struct mb_caller has a made-up one then */
    const char *body;       /* NUL behind it */
    size_t body_len;
    struct mb_caller caller;
    const struct mb_error *refusal; /* why the caller has no role: MB_E_UNAUTHENTICATED, or MB_E_THROTTLED
                                       after too many guesses; NULL for one that has */
    bool bound;       /* the task ends when the client leaves: set by the handler, before mb_api_start */
    const char *task; /* that is bound; set by mb_api_start */
    bool full;        /* replies hold all of a backup's description: partitions and segments, too */
    struct mb_answer answer;
    const struct mb_route *route;  /* found by mb_api_serve; NULL for none */
    const struct mb_route *routes; /* all of them, for what describes them */
    size_t route_count;
    const char *about;   /* the backup, for the audit log: set by whoever serves; or NULL */
    const char *outcome; /* likewise: set by the reply */
    int64_t began_ns;    /* set by mb_api_serve */
    void (*answered)(struct mb_api_call *call);
    void (*bind)(struct mb_api_call *call); /* from now on, until it is answered, the door calls mb_api_left
                                               if the client leaves; NULL where it cannot know */
    void *door;                             /* the door's own */
};

/* The first value of a parameter; "" when it is not there. */
const char *mb_api_query(const struct mb_api_call *call, const char *name);

/* Is it there and true?  As the configuration spells it: 1, t, true and their like. */
bool mb_api_flag(const struct mb_api_call *call, const char *name);

/* A number from 0 on; otherwise what stands for one that is not there or is none. */
int64_t mb_api_number(const struct mb_api_call *call, const char *name, int64_t otherwise);

/* By the door, from any thread: nobody waits for the answer any more.  The call is yet to be answered. */
void mb_api_left(struct mb_api_call *call);

/* Hands the answer to the door: the call is no longer the handler's. */
void mb_api_done(struct mb_api_call *call);

/* An answer of text; content_type is a constant. */
void mb_api_text(struct mb_api_call *call, unsigned status, const char *content_type, const char *text);

#endif

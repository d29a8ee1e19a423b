/* stage.h - a service over two folders, whose creates wait for a Milvus that nobody is. */
#ifndef MB_TEST_SERVICE_STAGE_H
#define MB_TEST_SERVICE_STAGE_H

#include "bench.h"

#include "service/service.h"

struct stage {
    struct bench *bench;
    struct mb_session *session;
    struct mb_service *service;
    struct mb_service_options options;
    struct mb_arena *arena;
    char state_dir[96];
};

extern const struct mb_caller somebody;

/* Two tasks at once, two more may wait. */
int setup(void **state);
int teardown(void **state);

void open_service(struct stage *s);
void close_service(struct stage *s);

/* Writes the configuration, with more of it, and opens the service.  A create tries for some seconds to reach
 * Milvus, unless it is cancelled. */
void begin(struct stage *s, const char *more);

/* Start a task and give its id; create fails the test where it cannot. */
mb_status try_create(struct stage *s, const char *name, const char *id, const char **out);
mb_status try_delete(struct stage *s, const char *name, const char *root_path, const char **out);
const char *create(struct stage *s, const char *name);

struct mb_record get(struct stage *s, const char *id);

#endif

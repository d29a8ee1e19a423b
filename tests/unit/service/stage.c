#include "stage.h"

#include <stdio.h>

const struct mb_caller somebody = {
    .name = "nightly", .role = MB_ROLE_WRITE, .address = "127.0.0.1", .request_id = "request-1"};

int setup(void **state)
{
    static struct stage stage;
    void *bench = NULL;
    bench_setup(&bench);
    stage = (struct stage){.bench = bench, .options = {.tasks = 2, .queue = 2, .history = 100}};
    stage.arena = mb_arena_new();
    assert_non_null(stage.arena);
    snprintf(stage.state_dir, sizeof stage.state_dir, "%s/state/of/it", stage.bench->folder);
    stage.options.state_dir = stage.state_dir;
    *state = &stage;
    return 0;
}

void close_service(struct stage *s)
{
    mb_service_close(s->service);
    mb_session_close(s->session);
    s->service = NULL;
    s->session = NULL;
}

int teardown(void **state)
{
    struct stage *s = *state;
    void *bench = s->bench;
    close_service(s);
    mb_arena_free(s->arena);
    return bench_teardown(&bench);
}

void open_service(struct stage *s)
{
    s->session = bench_open(s->bench);
    if (mb_service_open(&s->service, s->session, &s->options, &s->bench->error) != MB_OK)
        fail_msg("%s", s->bench->error.message);
}

void begin(struct stage *s, const char *more)
{
    bench_configure(s->bench, more);
    bench_write(s->bench, "a/files/insert_log/x", "");
    bench_write(s->bench, "b/files/x", "");
    open_service(s);
}

mb_status try_create(struct stage *s, const char *name, const char *id, const char **out)
{
    const struct mb_create_request request = {.struct_size = sizeof request, .name = name};
    const struct mb_job job = {.kind = MB_TASK_CREATE, .request = &request, .id = id};
    return mb_service_start(s->service, &somebody, &job, s->arena, out, &s->bench->error);
}

const char *create(struct stage *s, const char *name)
{
    const char *id = NULL;
    if (try_create(s, name, NULL, &id) != MB_OK)
        fail_msg("%s", s->bench->error.message);
    return id;
}

mb_status try_delete(struct stage *s, const char *name, const char *root_path, const char **out)
{
    const struct mb_delete_request request = {.struct_size = sizeof request, .name = name};
    const struct mb_job job = {.kind = MB_TASK_DELETE, .request = &request, .root_path = root_path};
    return mb_service_start(s->service, &somebody, &job, s->arena, out, &s->bench->error);
}

struct mb_record get(struct stage *s, const char *id)
{
    struct mb_record record = {0};
    if (mb_service_get(s->service, id, true, s->arena, &record, &s->bench->error) != MB_OK)
        fail_msg("%s", s->bench->error.message);
    return record;
}

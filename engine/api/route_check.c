/* GET /check: can Milvus and both storages be used? */
#include "api/api.h"
#include "api/hint.h"
#include "api/reply.h"
#include "api/routes.h"

static void put_side(struct mb_buf *buf, const char *name, const struct mb_check_side *side)
{
    mb_buf_printf(buf, "  %s-storage-type: %s\n  %s-bucket: %s\n  %s-rootpath: %s\n", name, side->driver,
                  name, side->bucket, name, side->root_path);
}

static void put_result(struct mb_buf *buf, const struct mb_check *check)
{
    struct mb_check_result result = {.struct_size = sizeof result};
    struct mb_check_side milvus = {.struct_size = sizeof milvus}, backup = {.struct_size = sizeof backup};
    mb_check_result(check, &result, NULL);
    mb_check_side(check, MB_SIDE_MILVUS, &milvus, NULL);
    mb_check_side(check, MB_SIDE_BACKUP, &backup, NULL);
    mb_buf_printf(buf, "\nMilvus version: %s\nStorage:\n", result.milvus_version);
    put_side(buf, "milvus", &milvus);
    put_side(buf, "backup", &backup);
    mb_buf_puts(buf, result.milvus_empty
                         ? "\n!!! Milvus root path is empty !!!\nNothing lies where Milvus is said to keep "
                           "its data.  If it holds any, a backup would miss it.\n"
                         : "\nSuccess!\n");
}

void mb_serve_check(struct mb_api_call *call)
{
    struct mb_session *session = mb_service_session(mb_api_service(call->api));
    struct mb_error error = MB_ERROR_INIT;
    struct mb_check *check = NULL;
    if (mb_session_check(session, &check, &error) < 0) {
        mb_reply_refusal(call, 500, mb_api_hint(&error, call->arena));
        return;
    }
    put_result(&call->answer.body, check);
    mb_check_free(check);
    mb_api_text(call, 200, "text/plain; charset=utf-8", "");
}

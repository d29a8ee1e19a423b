#include "shim/store.h"

#include <stdlib.h>
#include <string.h>

struct mb_list {
    struct mb_store *store;
    struct mb_list *inner;
    char prefix[]; /* for the hooks */
};

mb_status shim_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                         const struct mb_call *call)
{
    struct shim_event event;
    const char *prefix = opts->prefix != NULL ? opts->prefix : "";
    MB_TRY(shim_begin(store, &event, SHIM_LIST_OPEN, prefix, call));
    size_t size = strlen(prefix) + 1;
    struct mb_list *list = calloc(1, sizeof(*list) + size);
    if (list == NULL)
        return mb_fail_memory(call->error);
    list->store = store;
    memcpy(list->prefix, prefix, size);
    mb_status status =
        shim_end(store, &event, store->table->list_open(&list->inner, store->inner, opts, call));
    if (status != MB_OK) {
        shim_list_close(list);
        return status;
    }
    *out = list;
    return MB_OK;
}

mb_status shim_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_page own = {.struct_size = sizeof(own)};
    MB_TRY(shim_begin(list->store, &event, SHIM_LIST, list->prefix, call));
    mb_status status = list->store->table->list_next(list->inner, &own, call);
    event.count = status == MB_OK ? own.count : 0;
    status = shim_end(list->store, &event, status);
    if (status != MB_OK)
        return status;
    uint32_t size = page->struct_size;
    memcpy(page, &own, size < sizeof(own) ? size : sizeof(own));
    page->struct_size = size;
    return MB_OK;
}

void shim_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    if (list->inner != NULL)
        list->store->table->list_close(list->inner);
    free(list);
}

#include "base/scope.h"

#include <stddef.h>

static const struct mb_scope nobody = {0};

static _Thread_local const struct mb_scope *current;

const struct mb_scope *mb_scope_current(void)
{
    return current != NULL ? current : &nobody;
}

const struct mb_scope *mb_scope_enter(const struct mb_scope *scope)
{
    const struct mb_scope *before = current;
    current = scope;
    return before;
}

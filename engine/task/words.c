/* The words that JSON and people see for the numbers of the header. */
#include "base/version.h"
#include "task/abi.h"

#define WORD(names, number) \
    ((number) >= 0 && (size_t)(number) < sizeof(names) / sizeof *(names) ? (names)[number] : NULL)

static const char *or_unknown(const char *word)
{
    return word != NULL ? word : "unknown";
}

const char *mb_library_version(void)
{
    return mb_program_version();
}

const char *mb_task_kind_name(int32_t kind)
{
    static const char *const names[] = {
        [MB_TASK_CREATE] = "create",   [MB_TASK_RESTORE] = "restore", [MB_TASK_TRANSFER] = "transfer",
        [MB_TASK_VERIFY] = "verify",   [MB_TASK_DELETE] = "delete",   [MB_TASK_PRUNE] = "prune",
        [MB_TASK_COMPACT] = "compact", [MB_TASK_MIGRATE] = "migrate"};
    return or_unknown(WORD(names, kind));
}

const char *mb_task_state_name(int32_t state)
{
    static const char *const names[] = {[MB_TASK_QUEUED] = "queued",
                                        [MB_TASK_RUNNING] = "running",
                                        [MB_TASK_SUCCEEDED] = "succeeded",
                                        [MB_TASK_FAILED] = "failed",
                                        [MB_TASK_CANCELLED] = "cancelled"};
    return or_unknown(WORD(names, state));
}

const char *mb_task_fault_name(int32_t kind)
{
    static const char *const names[] = {[MB_TASK_FAULT_OTHER] = "other",
                                        [MB_TASK_FAULT_MISSING] = "missing",
                                        [MB_TASK_FAULT_SIZE] = "size",
                                        [MB_TASK_FAULT_CHECKSUM] = "checksum",
                                        [MB_TASK_FAULT_UNREADABLE] = "unreadable",
                                        [MB_TASK_FAULT_DESCRIPTION] = "description",
                                        [MB_TASK_FAULT_STRAY] = "stray"};
    return or_unknown(WORD(names, kind));
}

const char *mb_prune_decision_name(int32_t decision)
{
    static const char *const names[] = {[MB_PRUNE_KEPT] = "kept",
                                        [MB_PRUNE_DUE] = "due",
                                        [MB_PRUNE_REMOVED] = "removed",
                                        [MB_PRUNE_FAILED] = "failed"};
    return or_unknown(WORD(names, decision));
}

const char *mb_rbac_kind_name(int32_t kind)
{
    static const char *const names[] = {[MB_RBAC_USER] = "user",
                                        [MB_RBAC_ROLE] = "role",
                                        [MB_RBAC_GRANT] = "grant",
                                        [MB_RBAC_PRIVILEGE_GROUP] = "privilege_group"};
    return or_unknown(WORD(names, kind));
}

const char *mb_state_name(int32_t state)
{
    static const char *const names[] = {
        [MB_STATE_COMPLETE] = "complete",       [MB_STATE_IN_PROGRESS] = "in progress",
        [MB_STATE_INTERRUPTED] = "interrupted", [MB_STATE_FAILED] = "failed",
        [MB_STATE_FOREIGN] = "incomplete",      [MB_STATE_UNREADABLE] = "unreadable"};
    return or_unknown(WORD(names, state));
}

"""How our answers differ from those of the Go program's two versions, and why that is meant.

A rule covers the differences whose record and part it names; one that covers none is an error, as is a difference
without a rule. Parts: see recordings.Rule; `+` has more than was recorded, `-` lacks it.
"""

from wire.recordings import Rule

OLD, NEW = "v0.4.15", "v0.5.16"

RULES = [
    Rule("*", "beyond", "the record keeps only the beginning of its answer"),
    # ---------------------------------------------------------------- hello
    Rule("hello/docs/", "status content_type body", "leads to the page instead of 404"),
    Rule("hello/docs/doc.json", "status content_type", "the description is docs/openapi.json"),
    Rule("hello/pprof* hello/debug-pprof", "*", "there is no profiler of Go in this program"),
    Rule("hello/metrics", "status content_type body", "there are numbers for Prometheus", "*"),
    # ------------------------------------------------------------ all routes
    Rule("*", "requestId+", "an answer always has the request's id, as in 0.4.15", NEW),
    Rule("list_empty/* list/*", "msg+", "success is said, as in 0.4.15", NEW),
    Rule(
        "list_empty/none-filter list/filter*",
        "code- msg data",
        "the filter works as in 0.4.15",
        NEW,
    ),
    Rule("names/* create/*", "data", "an error has no data: null in both versions without simpleResponse", OLD),
    Rule("get/* request_id/get-error*", "data", "an error has no data: null in both versions without simpleResponse", OLD),
    Rule("delete/get-deleted", "data", "an error has no data: null in both versions without simpleResponse", OLD),
    # ---------------------------------------------------------------- create
    Rule("names/* bodies/* request_id/* create/*", "data", "the backup is described, as in 0.4.15", NEW),
    Rule(
        "names/* request_id/* create/*",
        "data.progress+ data.meta_size+ data.database_backups+ data.collection_backups+",
        "members that 0.5.16 has, of which 0.4.15 knows nothing",
        OLD,
    ),
    Rule("names/* request_id/* create/*", "data.state_code+ data.end_time+", "told at once, not when all is done", OLD),
    Rule("names/* request_id/* create/*", "data.milvus_version-", "is not known before the backup is described", OLD),
    Rule("names/existing names/missing* names/empty bodies/null bodies/object bodies/camel-keys bodies/query-instead",
         "crash", "0.5.16 crashes", NEW),
    Rule("delete/create-deleted*", "crash", "0.5.16 crashes: the name stays blocked", NEW),
    Rule("names/prefix-of-existing names/one-letter", "code- msg data.*+",
         "a name that begins another one is free, as in 0.5.16", OLD),
    Rule("names/*", "msg", "the same refusal in other words"),
    Rule("names/space-only", "msg.*", "names are not trimmed or cut: the character is what is wrong", OLD),
    Rule("create/dbs-unknown-*", "answered", "refused at once instead of being looked for during hours", OLD),
    Rule("create/names-three-parts create/names-blank create/names-nulls", "msg.sense",
         "what is no name of a collection is refused as such, not as missing", OLD),
    Rule("create/rbac", "msg.sense", "says what this Milvus cannot", NEW),
    Rule("get/path-other get/path-slash", "msg.*", "says what the configuration does not allow", NEW),
    Rule("names/parent names/parent-only names/nul", "code", "a name that cannot be is code 400, as in 0.5.16", OLD),
    Rule("names/html names/linesep", "body", "a name that cannot be is refused in other words", OLD),
    Rule("names/space* names/newline-last", "code", "white space is no part of a name, as in 0.5.16", OLD),
    Rule("names/existing-async", "code", "what is there is code 400, whether somebody waits or not", NEW),
    Rule("bodies/rbac-number bodies/with-index-extra-string create/filter-string", "status",
         "members that 0.4.15 does not know have types", OLD),
    Rule("create/*", "msg data.errorMessage", "the same failure in other words"),
    Rule("create/get-names-unknown", "code- data.*+", "a failed backup is told of by its name, as in 0.5.16", OLD),
    Rule("create/get-names-unknown create/get-rbac", "data.progress", "progress never falls, not even to 0", NEW),
    Rule("create/names-three-parts*", "code data", "three parts are no name of a collection, as in 0.5.16", OLD),
    Rule("create/gc-not-url", "code code+ msg", "an address that cannot be one is refused: nobody would pause anything"),
    Rule("create/rbac", "code data", "what this Milvus cannot hand out is not left out in silence"),
    Rule("create/root-path create/get-root-path create/get-root-path-path", "code code+ data",
         "places are those that server.rootPaths allows"),
    Rule("create/strategy-nonsense", "code", "a strategy that is none is refused, as in 0.5.16", OLD),
    Rule("create/get-names-db create/get-meta-only", "data.collection_backups[[]].*_time-",
         "collections have no times of their own, as in 0.5.16", OLD),
    Rule("create/get-*", "data.meta_size", "of other files, among them the list of objects"),
    Rule("create/get-dbs-empty-object* create/get-filter-empty", "data.database_backups+",
         "nothing is the entry of the default database alone"),
    # ------------------------------------------------------------------- get
    Rule("get/*unknown-id", "code+ msg data", "an id that is not known is an error, as in 0.5.16", OLD),
    Rule("get/*", "msg", "the same refusal in other words"),
    Rule("get/*", "code+ data code", "what is not there is 404, what is there is described: by name from the storage, as in 0.4.15", NEW),
    Rule("get/other-version get/restarted-by-name", "data.*", "is read from the storage, as in 0.4.15", NEW),
    Rule("get/restarted-by-id get/restarted-both", "code-", "tasks are remembered", NEW),
    Rule("get/by-name", "data.meta_size", "of other files, among them the list of objects", NEW),
    Rule("list/filter", "data.count data[[]].id data[[]].name", "each backup is listed once", OLD),
    Rule("list/filter-db", "data.count", "db.coll is understood", OLD),
    Rule("list/all list/filter", "data[[]].state_code+", "also of backups that 0.5.16 has made", OLD),
    Rule("list/all list/filter*", "data[[]].state+", "the state in words", OLD),
    Rule("list/all", "data[[]].state*+", "the state, as a number as in 0.4.15 and in words", NEW),
    Rule("list/all list/filter", "data[[]].*_time-", "times cost a file for each backup: with detail=true", OLD),
    Rule("get/by-name get/restarted-*", "data.*+", "as in 0.5.16, and tasks are remembered", OLD),
    Rule("get/nul", "code", "a parameter that holds a NUL is none"),
    Rule("get/path-other get/path-slash get/bucket-path", "code", "path is used as in 0.5.16, where server.rootPaths allows it", OLD),
    Rule("get/path", "code", "path is used as in 0.5.16, where server.rootPaths allows it"),
    Rule("request_id/get-error*", "msg", "the same refusal in other words"),
    # ---------------------------------------------------------------- delete
    Rule("delete/*", "msg", "the same refusal in other words"),
    Rule("delete/* request_id/delete-error*", "code msg", "what is not there is 404, as in 0.4.15", NEW),
    Rule("delete/slash-last delete/parent", "code+", "no other backup is deleted than the one that is named", NEW),
    Rule("delete/halfdone delete/badmeta", "code- msg", "what no backup is can be deleted, too"),
    Rule("delete/create-deleted", "code- data.*+", "a deleted name is free", OLD),
]

# The Milvus of tests/wire is a fake: its collections have other ids, no rows, no index and one field, in another order.
FAKE_RULES = [
    Rule("create/get-names-db create/get-meta-only create/get-with-index-extra get/by-name list/*",
         "data.size data[[]].size data.collection_backups[[]].*", "of collections of a fake"),
]

# What the replay of tests/wire leaves out, and why.
NOT_PLAYED = {
    "hello/root-CONNECT": "http.client takes CONNECT for a tunnel",
    "hello/root-FOO": "is answered by the door, see test_http_door.py",
    "request_id/*restore*": "a restore needs a real Milvus",
    "create/async*-by-id": "polled until it ends: see test_rest.py",
    "delete/running*": "needs a backup that takes long: see test_rest.py",
    "delete/by-id-*": "is about the backup that was running",
    "delete/by-name-after-delete": "is about the backup that was running",
    "delete/ok2": "is about the backup that was running",
}

# ------------------------------------------------- on a real Milvus with rows

RESTORES = "restore/* restore2/* concurrent/restore-* sigint/restore-*"
TASKS = "data.collection_restore_tasks"
REAL_RULES = [
    Rule("create/get-names-db create/get-meta-only create/get-with-index-extra get/by-name list/*",
         "data.size data[[]].size data.collection_backups[[]].*",
         "the collections of the test bed have other fields, descriptions, indexes and numbers of rows"),
    Rule("restore/* restore2/* concurrent/* sigint/*", "crash", "the Go program crashes: here is an answer with a code, or what was asked for"),
    # --------------------------------------------------------------- restore
    Rule(RESTORES, f"{TASKS}[[]].id-", "collections have no ids of their own, as in 0.5.16", OLD),
    Rule(RESTORES, f"data.order {TASKS}[[]].order", "members come in the order of 0.5.16", OLD),
    Rule(RESTORES, f"data.*_size {TASKS}[[]].*_size", "bytes of other rows; of a reply, those that were restored", OLD),
    Rule(RESTORES, f"data.state_code+ data.end_time+ data.progress+ {TASKS}[[]].*+", "members that 0.5.16 has", OLD),
    Rule(RESTORES, f"data.*_size+ {TASKS}[[]].*_size+", "sizes as in 0.4.15", NEW),
    Rule(RESTORES, f"data.end_time- {TASKS}[[]].end_time-", "absent while it runs", NEW),
    Rule("restore/* restore2/*", "msg", "the same refusal in other words"),
    Rule("restore/* restore2/*", "error", "says what is wrong, as 0.5.16 does", OLD),
    Rule("restore/* restore2/*", "error", "the same refusal in other words", NEW),
    Rule("restore2/type-maxShardNum-string restore2/type-skipParams-string restore2/type-restorePlan-string", "status",
         "members that 0.4.15 does not know have types", OLD),
    Rule("restore/async* sigint/restore-async", "data.state_code", "one that waits for nothing has begun", NEW),
    # ------------------------------------------------------------ concurrent
    Rule("concurrent/* sigint/* down/*", "msg", "the same refusal in other words"),
    Rule("concurrent/* sigint/* down/*", "error", "the same refusal in other words", NEW),
    Rule("concurrent/* sigint/* down/*", "data", "the backup is described, as in 0.4.15", NEW),
    Rule("concurrent/restore-same-target", f"code+ data.state_code data.progress data.errorMessage+ {TASKS}- {TASKS}[[]].*",
         "the second is refused, as in 0.4.15"),
    Rule("concurrent/delete-while-running delete/running", "msg.sense", "says what is under way and how to end it", NEW),
    Rule("concurrent/directory-exists*", "code code+ msg.*", "a name that is there is code 400, and no task is left behind", NEW),
    Rule("concurrent/client-left*", "data.state_code", "goes on without the client, as in 0.4.15", NEW),
    # ---------------------------------------------------------------- sigint
    Rule("sigint/*-int sigint/*-term", "answered", "the client is told before the server ends"),
    Rule("sigint/*-int sigint/*-term", "after.exit", "the server ends in an orderly way: tasks are stopped, and told so"),
    Rule("sigint/*-by-name sigint/*-by-id sigint/restore-after", "code- data data.*",
         "tasks are remembered: what was interrupted has failed, and can be gone on with", NEW),
    Rule("sigint/*-list", "msg+ data[[]].state*+", "success and states are said, as in 0.4.15", NEW),
    Rule("sigint/*-again*", "code code+ msg.*", "a name that is there is code 400; it can be gone on with or deleted", NEW),
    Rule("sigint/copying-int-delete", "code-", "what an interrupted backup left is deleted", NEW),
    # ------------------------------------------------------------------ down
    Rule("down/milvus-*", "answered", "refused instead of never answered"),
    Rule("down/milvus-get", "data.*", "read from the storage, as in 0.4.15", NEW),
    Rule("down/milvus-create-async-get", "data.state_code data.end_time-", "has begun, and fails when Milvus does not answer", NEW),
    Rule("down/milvus-delete", "code", "what is not there is 404, as in 0.4.15", NEW),
    # ------------------------------------------------------------------ both
    Rule("get/path-slash", "code-", "slashes around a root path are none", NEW),
    Rule("restore2/bucket-only restore2/path-only restore2/unknown-path", "code", "what is not there is code 400, as in 0.5.16", OLD),
    Rule("secondary/object", "status content_type body", "a route of 0.5.16", OLD),
    Rule("concurrent/* sigint/* down/*", "data", "an error has no data: null in both versions without simpleResponse", OLD),
    Rule("delete/by-name-after-delete", "data", "an error has no data: null in both versions without simpleResponse", OLD),
    Rule("concurrent/* sigint/*", "data.progress+ data.meta_size+ data.database_backups+ data.collection_backups+ data.state_code+ data.end_time+",
         "members that 0.5.16 has, of which 0.4.15 knows nothing", OLD),
    Rule("concurrent/* sigint/*", "data.milvus_version- data.size", "not known before the backup is described", OLD),
    Rule("concurrent/two-* concurrent/async-running-same concurrent/sync-while-async", "code code+", "one writer a name, as in 0.5.16", OLD),
    Rule("concurrent/two-* concurrent/restore-same-target", "requestId data.id", "which of the two was first is chance"),
    Rule("concurrent/two-async-same-name-get-*", "code code- code+ data data.* msg.*", "which of the two was first is chance"),
    Rule("concurrent/co3b-end concurrent/co5b-end", "code", "was refused, so there is no task, as in 0.5.16", OLD),
    Rule("concurrent/delete-while-running delete/running", "code", "says what is under way and how to end it", OLD),
    Rule("concurrent/*-get sigint/*-get down/*-get", "code+", "an id that is not known is an error, as in 0.5.16", OLD),
    Rule("delete/by-id-after-delete", "code", "what is deleted is not there, as in 0.5.16", OLD),
    Rule("concurrent/directory-exists-prefix sigint/sync-int-again", "code- data.*+",
         "a name that only begins another one, or of which nothing was kept, is free, as in 0.5.16", OLD),
    Rule("sigint/*-by-name sigint/*-by-id sigint/restore-after", "code- data.*+",
         "tasks are remembered: what was interrupted has failed, and can be gone on with", OLD),
    Rule("sigint/*-delete", "code-", "what an interrupted backup left is deleted", OLD),
    Rule("down/storage-*", "answered", "refused instead of never answered", OLD),
    Rule("down/milvus-create-async-get", "data.*+", "accepted, and fails when Milvus does not answer", OLD),
    Rule("restore2/path-slash", "code- data", "slashes around a root path are none"),
    Rule("restore2/unknown-bucket", "code msg.*", "buckets are those that server.buckets allows; none is made"),
    Rule("restore2/unknown-bucket", "after.bucket", "buckets are those that server.buckets allows; none is made", NEW),
    Rule("restore2/plan-filter", "code- data", "plans are followed, as in 0.5.16", OLD),
    Rule("restore2/plan-and-suffix", "code after.new", "not together, as in 0.5.16", OLD),
    Rule("restore/async*", f"{TASKS}-", "collections are listed when the restore has looked at the backup, as in 0.5.16", OLD),
    Rule("restore/async-exists*", "code- data", "accepted, and failed when it is asked for, as in 0.5.16", OLD),
    Rule("restore/names-three-parts restore/names-blank", "code+ data", "no name of a collection is refused, as in 0.5.16", OLD),
    Rule("restore/suffix-space-last restore/rename-short-to-full restore/rename-full-to-short restore/rename-target-three-parts",
         "code after.new", "refused, as in 0.5.16", OLD),
    Rule("restore/suffix-and-rename", "code- data msg", "a suffix goes to what no rule names, as in 0.4.15", NEW),
    Rule("restore/rename-two-to-one", "answered", "refused instead of never answered", OLD),
    Rule("restore/dbs-blank-db", f"{TASKS}+ after.new", "is the default database, as in 0.5.16", OLD),
    Rule("restore/body-null restore/body-object restore/body-no-content-type restore/name-* restore/async-unknown restore/suffix-long",
         "code", "a backup that is not there or not named is code 400, as in 0.5.16", OLD),
    Rule("restore/* restore2/*", "data", "a restore that failed tells of its task"),
    Rule("restore/skip-create-no-target", f"{TASKS}- data.errorMessage+", "is seen before anything is begun, as in 0.5.16", OLD),
    Rule("restore/suffix-digit", "code-", "names what can be a name behind its collection's, as in 0.5.16", OLD),
    Rule("restore/suffix-space", "code", "refused before Milvus is asked, as in 0.5.16", OLD),
    Rule("restore/suffix-unicode", "msg.names", "says which characters there may be, as 0.5.16 does", OLD),
    Rule("restore/rename-to-existing", "msg.names", "names the collection that is in the way, as 0.5.16 does", OLD),
    Rule("restore/rename-star-to-name", "msg.sense", "the rename is what is wrong, as in 0.5.16", OLD),
    Rule("restore/name-slash-last", "code", "a name is not cleaned as a path, as in 0.4.15", NEW),
    Rule("restore/name-halfdone", "code msg.sense", "says what is there instead of a backup"),
    Rule("restore/names-blank", "msg.sense", "what is no name of a collection is refused as such"),
    Rule("restore/drop-exist-and-skip-create", "code-", "what exists is replaced, what is missing is made, as in 0.4.15", NEW),
    Rule("restore2/plan-no-filter", "after.new", "what the mapping names is restored", NEW),
    Rule("restore2/plan-filter-one restore2/dbs-after-rename", f"{TASKS}.count {TASKS}[[]].*",
         "what is left out is no part of the task", NEW),
    Rule("restore2/dbs-after-rename-bad", "msg.names", "names the member, not what stands in it", NEW),
    Rule("restore2/rbac", "msg.sense", "says that the backup holds none", NEW),
    Rule("restore2/ezk", "after.new", "a restore that failed before has left no collection behind", NEW),
    Rule("secondary/*", "error", "the same refusal in other words", NEW),
    Rule("secondary/sync secondary/async*", "msg data data.*",
         "says that the backup was not made for it, before anything is tried", NEW),
    Rule("secondary/header", "requestId", "the header counts on every route", NEW),
    # ----------------------------------------------------------------- check
    Rule("check/*", "content_type body", "plain text as in 0.5.16", OLD),
    # ---------------------------------------------------------------- create
    Rule("create/async-fail-by-name", "code- data.*+", "a failed backup is told of by its name, as in 0.5.16", OLD),
    Rule("get/restarted-*", "data.size", "tasks are remembered", OLD),
]

# Of two requests at once, of work that a signal ends, and of waiting for who does not answer what is seen is timing.
CHANCE = ["concurrent/*", "sigint/*", "down/*"]
# What is the same in every run on a real Milvus.
SURE = """status content_type body code* msg* error crash answered beyond data data+ data- data.state_code* data.errorMessage*
after.*""".split()

NOT_PLAYED_ON_MILVUS = {
    "restore2/plan-override": "its body is not whole in the record",
    "restore2/skip-params": "its body is not whole in the record",
}

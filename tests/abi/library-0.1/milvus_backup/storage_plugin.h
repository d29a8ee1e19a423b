/*
 * storage_plugin.h - storage driver plugin ABI, version 1.2
 *
 * A driver is one shared object that exports one function,
 * mb_storage_plugin_entry().  Everything else it needs it is given: the host
 * passes a table of services at load and a call context with every operation.
 *
 * Rules that hold for every function below:
 *
 *   Ownership   Nothing allocated on one side is freed on the other.  Pointers
 *               passed in are borrowed for the length of the call.  Results go
 *               into memory the caller owns; the two exceptions (a listing page
 *               and the strings in it) are borrowed until the next call on the
 *               same iterator.
 *   Errors      Return a negative mb_status and fill call->error: status, flags,
 *               a message.  On failure no output is written: fill a local and
 *               copy it at the end.  A driver never logs an error it returns.
 *   Waiting     Wherever time passes (before a request, between the pieces of a
 *               body, while connecting) look at deadline_ns and ask cancelled,
 *               from the thread of the call, at least once a second.
 *   Keys        Bytes that end at the first 0, not empty: blanks, '+', '%', line
 *               feeds, "..", UTF-8 that is not normalised.  The driver encodes
 *               them for its service.  A key that it cannot hold is
 *               MB_E_INVALID, and never leads to another object.
 *   Retries     None.  A driver classifies (MB_ERR_RETRYABLE for what may pass:
 *               throttled, 5xx, a broken connection), the host waits, tries again
 *               and writes one message for all attempts.  The one exception is
 *               renewing an expired credential, once.
 *   Threads     See thread_model.  Any thread may call; none is created by the
 *               driver before load() returns.
 *   Borders     No exception, longjmp or signal handler leaves the driver; it prints
 *               nothing and exports nothing but the entry function.
 *   Growth      Structs are only ever appended to, and struct_size says how much
 *               of one the other side knows about.  Code that reads a member
 *               added after 1.0 checks MB_HAS() first.
 */
#ifndef MB_STORAGE_PLUGIN_H
#define MB_STORAGE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MB_STORAGE_MAGIC     UINT32_C(0x5342424d)
#define MB_STORAGE_ABI_MAJOR 1
#define MB_STORAGE_ABI_MINOR 2

#if defined(__GNUC__)
#define MB_EXPORT            __attribute__((visibility("default")))
#define MB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define MB_EXPORT
#define MB_PRINTF(fmt, args)
#endif

/* Is `member` inside the part of *p that the side which built it knows about? */
#define MB_HAS(p, type, member) ((p)->struct_size >= offsetof(type, member) + sizeof(((type *)0)->member))

/* ------------------------------------------------------------------ status */

typedef int32_t mb_status;

/* Numbers are part of the ABI: append, never renumber.  The host decides what to
 * do from these; a driver maps its provider's answers onto them. */
enum {
    MB_OK = 0,
    MB_END = 1, /* a listing is exhausted; not an error */

    MB_E_INTERNAL = -1, /* a bug in the driver */
    MB_E_INVALID = -2,  /* a bug in the caller */
    MB_E_CONFIG = -3,   /* the user can fix this in the configuration */
    MB_E_UNSUPPORTED = -4,
    MB_E_NOT_FOUND = -5, /* no such object or upload */
    MB_E_NO_BUCKET = -6,
    MB_E_EXISTS = -7, /* IF_ABSENT refused, or a precondition failed */
    MB_E_UNAUTHENTICATED = -8,
    MB_E_FORBIDDEN = -9,
    MB_E_THROTTLED = -10,   /* retry, honouring retry_after_ms */
    MB_E_UNAVAILABLE = -11, /* 5xx, reset, refused: retry */
    MB_E_TIMEOUT = -12,     /* deadline passed */
    MB_E_CANCELLED = -13,
    MB_E_CORRUPT = -14,  /* checksum or length mismatch */
    MB_E_PROTOCOL = -15, /* the answer made no sense */
    MB_E_NO_SPACE = -16,
    MB_E_NO_MEMORY = -17,
    MB_E_CALLBACK = -18 /* the host's own sink or source refused */
};

enum {
    MB_ERR_RETRYABLE = 1u << 0, /* the same request may succeed later */
    MB_ERR_AMBIGUOUS = 1u << 1  /* the request may have taken effect */
};

/* Filled by the driver, owned by the caller.  Fixed buffers: an error must be
 * reportable when memory is what ran out, and must outlive the store. */
struct mb_error {
    uint32_t struct_size;
    mb_status status;
    uint32_t flags;
    uint32_t retry_after_ms; /* what the service asked for (RFC 9110, 10.2.3); 0 when it did not */
    int32_t http_status;     /* 0 when there was none */
    int32_t sys_errno;       /* 0 when there was none */
    char provider_code[64];  /* "SlowDown", "AuthenticationFailed" */
    char request_id[128];    /* what the provider's support will ask for */
    char message[1024];      /* lower case, no full stop, never a secret: "403 AccessDenied: ..."; the host
                              * puts the operation and the place in front */

    /* Since 1.2, and the host's: what its own errors ask a reader to do.  A driver never sets them. */
    uint32_t hint;
    char subject[516];
};

/* -------------------------------------------------------------------- call */

/* Passed with every operation that can block. */
struct mb_call {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t deadline_ns; /* CLOCK_MONOTONIC; 0 for none */

    /* Non-zero once the caller has lost interest.  Cheap and callable from the
     * calling thread at any time; poll it at least once a second. */
    int (*cancelled)(const struct mb_call *call);

    struct mb_error *error; /* never NULL */
    void *host_data;        /* the host's; a driver only hands it back */
};

/* Where the bytes of a get go.  May block: that is the back-pressure. */
struct mb_sink {
    uint32_t struct_size;
    uint32_t reserved;
    mb_status (*write)(void *ctx, const void *data, size_t len);
    void *ctx;
};

/* Where the bytes of a put come from.  *nread == 0 is the end.  rewind is NULL
 * when the bytes can be read only once. */
struct mb_source {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t size; /* -1 when not known */
    mb_status (*read)(void *ctx, void *buf, size_t cap, size_t *nread);
    mb_status (*rewind)(void *ctx);
    void *ctx;
};

/* -------------------------------------------------------------------- host */

enum { MB_LOG_ERROR = 1, MB_LOG_WARN, MB_LOG_INFO, MB_LOG_DEBUG, MB_LOG_TRACE };

struct mb_kv;
struct mb_store;
struct mb_store_info;
struct mb_storage_plugin;

/* Services a driver may use.  Valid from load() until the process ends.  The
 * host has already initialised libcurl, OpenSSL and libxml2; a driver never
 * calls their global init or cleanup. */
struct mb_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    const char *user_agent;
    void *log_ctx; /* first argument of log; the host's */
    void (*log)(void *log_ctx, int level, const char *fmt, ...) MB_PRINTF(3, 4);

    /* For a driver that wraps another: opens a store of the driver called name
     * and gives that driver's table, by whose slots the wrapper then uses and
     * closes the store.  The host finds and loads the driver, and checks config
     * and completes it by the driver's options as it does for every store.  In
     * the table, what the driver lacks is NULL; it is valid as long as the store,
     * and the same for all stores of one driver.
     *
     * To be called while open runs, with the call that open was given, and not
     * from load().  MB_E_CONFIG when there is no such driver, when an option is
     * wrong, or when drivers wrap each other more than 8 deep. */
    void *open_ctx; /* first argument of open_driver; the host's */
    mb_status (*open_driver)(void *open_ctx, struct mb_store **out, const struct mb_storage_plugin **table,
                             struct mb_store_info *info, const char *name, const struct mb_kv *config,
                             size_t count, const struct mb_call *call);
};

/* ------------------------------------------------------------------ config */

enum {
    MB_OPT_STRING,
    MB_OPT_BOOL,
    MB_OPT_INT,
    MB_OPT_SIZE,
    MB_OPT_DURATION,
    MB_OPT_ENUM,
    MB_OPT_PATH,
    MB_OPT_URL
};

enum {
    MB_OPT_REQUIRED = 1u << 0,
    MB_OPT_SECRET = 1u << 1 /* never logged, dumped or echoed by REST */
};

/* One key the driver accepts.  The host parses, validates, applies defaults,
 * renders help and redacts from this, so every driver behaves the same.
 *
 * open gets only the options whose `when` holds and which have a value, and the
 * value in one form: BOOL is "true" or "false", INT decimal, SIZE decimal bytes,
 * DURATION decimal milliseconds, ENUM as it stands in choices.  STRING, PATH and
 * URL are never empty.
 *
 * A STRING called "*" stands for every key that is not in the table: open gets
 * them as they were given, behind the others.  It is for drivers that wrap
 * another, whose own table says what they are. */
struct mb_option {
    const char *name; /* "auth.access_key_id" */
    uint32_t type;
    uint32_t flags;
    const char *def;     /* as text; NULL for none */
    const char *choices; /* ENUM: "static|iam|default" */
    const char *when;    /* "auth.type=static", "a=x|y", or NULL for always */
    const char *help;    /* one sentence */
};

struct mb_kv {
    const char *key;
    const char *value;
};

/* ------------------------------------------------------------------- store */

struct mb_store; /* one bucket, opened with one credential */
struct mb_list;  /* one listing in progress */

enum {
    MB_CAP_RANGE = 1u << 0,       /* get honours offset and length */
    MB_CAP_IF_ABSENT = 1u << 1,   /* put can refuse to overwrite */
    MB_CAP_LIST_SORTED = 1u << 2, /* keys arrive in byte order */
    MB_CAP_STRONG_LIST = 1u << 3, /* a put is visible to the next listing */
    MB_CAP_ATOMIC_PUT = 1u << 4   /* a reader never sees half an object */
};

/* What a store goes without though its driver's table has it. */
enum {
    MB_LACKS_CREATE_BUCKET = 1u << 0,
    MB_LACKS_REMOVE_MANY = 1u << 1,
    MB_LACKS_COPY = 1u << 2,        /* can_copy and copy */
    MB_LACKS_MULTIPART = 1u << 3,   /* every slot that begins with mpu_ */
    MB_LACKS_PART_COPY = 1u << 4,   /* mpu_copy_part */
    MB_LACKS_UPLOAD_LIST = 1u << 5, /* mpu_list */
    MB_LACKS_PARALLEL = 1u << 6,    /* as if thread_model were MB_THREADS_PER_STORE */
    MB_LACKS_THREADS = 1u << 7      /* as if thread_model were MB_THREADS_SERIAL */
};

/* What this store can do, known only once it is open.  Zero means no limit. */
struct mb_store_info {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t caps;
    uint64_t max_put_size;  /* largest object one put may carry */
    uint64_t max_copy_size; /* largest object one copy may carry */
    uint64_t min_part_size; /* every part but the last */
    uint64_t max_part_size;
    uint32_t max_parts;
    uint32_t max_remove; /* keys one remove_many may carry */

    /* Names the place this store reads and writes, for people: "s3://bucket",
     * "/var/lib/milvus".  Error messages start from it. */
    char location[256];

    /* Two stores with equal, non-empty realms see the same objects: an object
     * of one has in the other the same native path.  The native path of a key
     * is native_root followed by the key.  Buckets: realm is endpoint and
     * bucket, native_root is "".  Files: realm is "file:", native_root is the
     * root directory with a slash at its end. */
    char realm[512];
    char native_root[1024];

    /* MB_LACKS_*, for drivers whose one table serves stores that can more and
     * less: those that wrap another.  The host treats the slots as NULL.  A
     * driver that wraps one passes its wrapped store's on and adds what that
     * driver's table leaves out; should such a slot be called all the same it
     * returns MB_E_UNSUPPORTED (can_copy: 0). */
    uint64_t lacks;
};

/* crc32c (Castagnoli: RFC 3720, 12.1) holds what the service says, or what the driver has summed up itself of
 * bytes that it wrote or read back.  A driver that neither moved nor read the bytes has nothing to say. */
enum { MB_STAT_CRC32C = 1u << 0 };

struct mb_stat {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t size;
    int64_t mtime_ns; /* CLOCK_REALTIME; 0 when not known */
    char etag[128];   /* opaque; empty when not known */
    uint32_t crc32c;  /* of the whole object, host byte order */
    uint32_t reserved;
};

enum { MB_ENTRY_PREFIX = 1u << 0 };

struct mb_entry {
    const char *key; /* full key, not relative to the prefix */
    uint64_t size;
    int64_t mtime_ns;
    const char *etag;
    uint32_t flags;
    uint32_t reserved;
};

struct mb_page {
    uint32_t struct_size;
    uint32_t entry_size; /* stride; entries are walked with it */
    const void *entries;
    size_t count;
    const char *token; /* resumes after this page; NULL at the last */
};

struct mb_list_options {
    uint32_t struct_size;
    uint32_t page_size;    /* a hint; 0 for the provider's default */
    const char *prefix;    /* "" for everything */
    const char *delimiter; /* NULL to recurse */
    const char *token;     /* from mb_page, to resume; or NULL */
};

/* A range that begins at or past the end holds no bytes and is no error; what get
 * says of the object in its mb_stat is about the whole object. */
struct mb_get_options {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t offset;
    uint64_t length;      /* 0 for the rest of the object */
    const char *if_match; /* etag, or NULL */
};

/* A driver passes over flags that it does not know. */
enum {
    MB_PUT_IF_ABSENT = 1u << 0,

    /* Since 1.1, with mpu_begin: every part of the upload will come by mpu_copy_part.  A service that wants a
     * checksum with each part of an upload which announced them cannot have one of a part that it copies, so
     * a driver announces none.  It is a hint: a host of 1.0 does not give it. */
    MB_PUT_PARTS_COPIED = 1u << 1
};

/* crc32c is that of the bytes which the call carries; a driver sends it along
 * when the service can check it and ignores it otherwise. */
struct mb_put_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *content_type; /* NULL for application/octet-stream */
    const uint8_t *crc32c;    /* 4 bytes, big endian, or NULL */
};

/* A stored part.  Plain data so the host can journal it and resume. */
struct mb_part {
    uint32_t number; /* from 1 */
    uint32_t reserved;
    uint64_t size;
    char receipt[192]; /* etag or block id; opaque to the host */
};

/* An upload that was begun and neither completed nor aborted. */
struct mb_upload {
    uint32_t struct_size;
    uint32_t reserved;
    const char *key;
    const char *upload_id;
    int64_t begun_ns; /* CLOCK_REALTIME; 0 when not known */
};

/* ------------------------------------------------------------------ plugin */

enum {
    MB_THREADS_SERIAL = 0,    /* one call at a time in the whole driver */
    MB_THREADS_PER_STORE = 1, /* one call at a time per store */
    MB_THREADS_PARALLEL = 2   /* any number of calls, even on one store */
};

struct mb_storage_plugin {
    /* Set by MB_STORAGE_PLUGIN.  These five never move, in any major. */
    uint32_t magic;
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t thread_model;

    const char *name; /* "local"; also the file name's middle */
    const char *version;
    const char *description;
    const struct mb_option *options;
    uint32_t option_count;
    uint32_t option_size; /* stride */

    /* ---- What a driver must have.  Arguments are never NULL unless said so; `out` structs come with their
     * struct_size set, and what else is in them means nothing. */

    /* Called once per process, before anything else; may be NULL.  host stays valid until the process ends,
     * so a driver that logs or wraps another keeps the pointer.  May skip all work: what fails here makes
     * the driver unusable, and is told to whoever names it. */
    mb_status (*load)(const struct mb_host *host, struct mb_error *error);

    /* Makes a store of config, count pairs in the forms that struct mb_option names, and fills in *info.
     * Must copy what it keeps of config.  May skip the network, and so may not know yet whether the address
     * is right: check finds out.  What only the user can mend is MB_E_CONFIG, and names the option.  Several
     * stores are open at once, on the same place or others, so state hangs on the store and never on the
     * process. */
    mb_status (*open)(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                      size_t count, const struct mb_call *call);

    /* Frees the store; its listings are closed before, and no call runs.  NULL is fine. */
    void (*close)(struct mb_store *store);

    /* Are address, credentials and bucket right?  Asks the service at least once, as cheaply as it can; may
     * skip writing, and reads no more of a listing than one entry, since a bucket may hold millions.  Fails
     * with MB_E_NO_BUCKET, MB_E_UNAUTHENTICATED, MB_E_FORBIDDEN or MB_E_UNAVAILABLE, so that people learn
     * which. */
    mb_status (*check)(struct mb_store *store, const struct mb_call *call);

    /* Size, and what else the service tells: mtime, etag and CRC32C may be left out.  What is told agrees
     * with what get, put and a listing tell of the same object.  MB_E_NOT_FOUND without the object,
     * MB_E_NO_BUCKET without the bucket where the service says which. */
    mb_status (*stat)(struct mb_store *store, const char *key, struct mb_stat *out,
                      const struct mb_call *call);

    /* Pushes the bytes that opts asks for into sink, in order and each once, in pieces of any size; *out is
     * about the whole object.  Holds no more than a piece in memory.  Must fail rather than deliver less than
     * was asked for; the host compares lengths, and the CRC32C where one is told, so a driver may skip that.
     * After a failure the sink may have had some bytes; the host begins again from an offset of its own.
     * Another etag than if_match is MB_E_EXISTS; a sink that refuses is MB_E_CALLBACK.  A store without
     * MB_CAP_RANGE is asked for whole objects only. */
    mb_status (*get)(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                     const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call);

    /* Makes or replaces the object of all that source gives, up to its end.  Reads it once; to read it again,
     * as for a renewed credential, needs rewind, which may be NULL.  Holds no more than a piece in memory;
     * with a size of -1 it may return MB_E_UNSUPPORTED.  A source that gives another number of bytes than its
     * size is MB_E_CORRUPT, one that refuses MB_E_CALLBACK.
     *
     * MB_OK means that the object is stored as durably as the service promises.  After a failure the old
     * object is there, or none where none was, and never a part of the new one; MB_ERR_AMBIGUOUS when the new
     * one may be there.  With MB_PUT_IF_ABSENT, where the store claims MB_CAP_IF_ABSENT, an object that
     * exists is MB_E_EXISTS: the service decides in one step, since of two at once one must lose. */
    mb_status (*put)(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                     const struct mb_source *source, struct mb_stat *out, const struct mb_call *call);

    /* After MB_OK the key names nothing.  What was not there before is no error, so that a removal can be
     * repeated.  In a bucket with versions a delete marker is enough. */
    mb_status (*remove)(struct mb_store *store, const char *key, const struct mb_call *call);

    /* Begins to list the keys that start with opts->prefix, which need not end at a delimiter.  With a
     * delimiter, keys that agree up to its first occurrence behind the prefix are one entry that ends with
     * it, MB_ENTRY_PREFIX.  May leave the first request to list_next.  A token comes from a page of the same
     * prefix and delimiter, perhaps of another store or process on the same place; the listing goes on behind
     * that page.  A driver may give a listing as a single page without a token when it is small. */
    mb_status (*list_open)(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                           const struct mb_call *call);

    /* The next page, or MB_END behind the last one.  Each key once, whole, in byte order (as memcmp has it)
     * if the store claims MB_CAP_LIST_SORTED and in any order otherwise; a page may be empty.  Entries,
     * strings and token are the iterator's, until the next call on it.  An entry may leave out mtime (0) and
     * etag (""). After a failure the host closes the iterator and opens another with the last token.  One
     * thread at a time uses an iterator. */
    mb_status (*list_next)(struct mb_list *list, struct mb_page *page, const struct mb_call *call);

    /* Frees the iterator, wherever it stands; its store is still open. */
    void (*list_close)(struct mb_list *list);

    /* ---- What a driver may leave NULL; each says what the host does then. */

    /* Makes the store's bucket.  One that exists and is the user's is MB_OK.  NULL: the user makes it. */
    mb_status (*create_bucket)(struct mb_store *store, const struct mb_call *call);

    /* remove for up to info.max_remove keys in one request.  done has count bytes, all 0, and done[i] is set
     * for every key known to be gone, whatever is returned; the host asks again for the others.  MB_OK only
     * when all are gone.  MB_E_UNSUPPORTED makes the host remove them one by one; so does NULL. */
    mb_status (*remove_many)(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                             const struct mb_call *call);

    /* 1 when the service can copy from src to dst without the bytes passing through this process, else 0.
     * Both stores are this driver's.  Answers from what it knows, without blocking; to be wrong costs one
     * copy that fails.  NULL, as is copy then: objects are read and written. */
    int (*can_copy)(struct mb_store *dst, struct mb_store *src);

    /* Makes dst_key of src_key's bytes; src_key stays.  What put promises of the destination holds here as
     * well. Only for objects up to info.max_copy_size.  MB_E_UNSUPPORTED when the service declines, and the
     * host reads and writes instead; an answer of 200 that carries an error is that error.  Where the service
     * tells the CRC32C of what it copied, say it (MB_STAT_CRC32C). */
    mb_status (*copy)(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                      const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call);

    /* Uploads in parts: all four of begin, part, complete and abort, or none, and then every object is one
     * put. An upload is nothing that stat, get or a listing shows until it is completed, and the old object
     * is read until then.  It may go on in another store or process: upload_id and the parts are all it
     * needs.
     *
     * begin writes the id, with its 0, into upload_id, which has cap bytes, and never beyond; one that does
     * not fit is MB_E_INTERNAL.  A service that has no such thing may make a name up without any request. */
    mb_status (*mpu_begin)(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                           char *upload_id, size_t cap, const struct mb_call *call);

    /* Stores part number, of info.min_part_size (but for the last one) to info.max_part_size bytes, and fills
     * in *out, which the host keeps.  Any order, gaps in the numbers, and several at once where the thread
     * model allows. A number that is sent again replaces the part; one that failed can be sent again. */
    mb_status (*mpu_part)(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                          const struct mb_put_options *opts, const struct mb_source *source,
                          struct mb_part *out, const struct mb_call *call);

    /* The same of length bytes of another object, from offset, within the service.  NULL, or
     * MB_E_UNSUPPORTED: the host reads the range and sends it. */
    mb_status (*mpu_copy_part)(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                               struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                               struct mb_part *out, const struct mb_call *call);

    /* Makes the object of parts, count of them in ascending order; parts that are not named are left out and
     * go.  What put promises of the object holds here.  Called again after an answer that was lost, it
     * returns MB_OK or MB_E_NOT_FOUND, and the host looks at the object. */
    mb_status (*mpu_complete)(struct mb_store *store, const char *key, const char *upload_id,
                              const struct mb_part *parts, size_t count, struct mb_stat *out,
                              const struct mb_call *call);

    /* Gives the upload up, with its parts.  Afterwards neither part nor complete succeeds on it.  An upload
     * that is not there is MB_OK or MB_E_NOT_FOUND; an object of the key stays.  The host calls it after a
     * failure or cancellation, with a call that is not cancelled. */
    mb_status (*mpu_abort)(struct mb_store *store, const char *key, const char *upload_id,
                           const struct mb_call *call);

    /* Calls found once for every upload that was begun and neither completed nor aborted, and whose key
     * starts with prefix; the struct is borrowed for that call.  Stops when found returns other than MB_OK,
     * and returns that.  So the host finds what a killed process left behind; NULL: nobody does. */
    mb_status (*mpu_list)(struct mb_store *store, const char *prefix,
                          mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                          const struct mb_call *call);

    /* 1.0 ends here, and 1.1 and 1.2.  Append below and raise MB_STORAGE_ABI_MINOR. */
};

typedef const struct mb_storage_plugin *mb_storage_plugin_entry_fn(void);

#define MB_STORAGE_PLUGIN_ENTRY "mb_storage_plugin_entry"

/* The head of the initialiser, so that no driver can forget it. */
#define MB_STORAGE_PLUGIN(threads)                                                      \
    MB_STORAGE_MAGIC, (uint32_t)sizeof(struct mb_storage_plugin), MB_STORAGE_ABI_MAJOR, \
        MB_STORAGE_ABI_MINOR, (threads)

#ifdef __cplusplus
}
#endif

#endif

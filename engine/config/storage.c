#include "config/storage.h"

#include "base/arena.h"
#include "config/typed.h"
#include "config/wrapped.h"

#include <string.h>

enum { MAX_OPTIONS = 16 };

/* What is known of one side while it is worked out. */
struct side {
    struct mb_settings *settings;
    size_t first; /* id of its first field */
    const char *spelling;
    enum mb_provider_family family;
    bool same_driver; /* as Milvus' side */
    const char *port;
    struct mb_config_storage *out;
    struct mb_kv *options;
    size_t count;
};

static const char *text(const struct side *side, enum mb_storage_field field)
{
    return mb_settings_text(side->settings, side->first + field);
}

static bool explicitly(const struct side *side, enum mb_storage_field field)
{
    return mb_setting_explicit(&side->settings->items[side->first + field]);
}

static const char *key(const struct side *side, enum mb_storage_field field)
{
    return mb_settings_key(side->settings, side->first + field);
}

static void add(struct side *side, const char *name, const char *value)
{
    side->options[side->count++] = (struct mb_kv){.key = name, .value = value};
}

static void add_unless_empty(struct side *side, const char *name, enum mb_storage_field field)
{
    if (*text(side, field) != '\0')
        add(side, name, text(side, field));
}

static const char *driver_of(struct mb_settings *settings, size_t first)
{
    const char *spelling = mb_settings_text(settings, first + MB_FIELD_TYPE);
    const struct mb_provider *provider = mb_provider_find(spelling);
    char *lower = mb_arena_strdup(settings->arena, provider != NULL ? provider->driver : spelling);

    for (char *c = lower; c != NULL && *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return mb_settings_keep(settings, lower);
}

/* An unknown name is a driver of a third party, as long as it can be the name of a file of ours. */
static void resolve_driver(struct side *side)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t id = side->first + MB_FIELD_TYPE;
    const char *spelling = text(side, MB_FIELD_TYPE);
    const struct mb_provider *provider = mb_provider_find(spelling);
    const char *driver = driver_of(side->settings, side->first);

    side->out->driver = driver;
    side->spelling = provider != NULL ? provider->name : driver;
    side->family = provider != NULL ? provider->family : MB_FAMILY_OTHER;
    if (provider != NULL) {
        side->settings->items[id].text = provider->name;
        return;
    }
    const char *nearest = mb_provider_nearest(spelling);
    if (*driver == '\0' || driver[strspn(driver, allowed)] != '\0')
        mb_settings_problem(
            side->settings, id,
            "%s is no name of a driver (letters, digits, '_' and '-'); %s lists what is installed",
            mb_quote(side->settings->arena, spelling), side->settings->words.drivers);
    else if (nearest != NULL)
        mb_settings_warn(side->settings, id, "'%s' is taken for a third party's driver; did you mean '%s'?",
                         driver, nearest);
}

static void add_endpoint(struct side *side)
{
    add(side, "address", mb_settings_host(side->settings, side->first + MB_FIELD_ADDRESS));
    add(side, "port", side->port);
    add(side, "useSSL", mb_settings_bool(side->settings, side->first + MB_FIELD_USE_SSL) ? "true" : "false");
    add(side, "bucketName", side->out->bucket);
    if (*side->out->bucket == '\0' || strpbrk(side->out->bucket, "/\\ ") != NULL)
        mb_settings_problem(side->settings, side->first + MB_FIELD_BUCKET, "%s is no name of a bucket",
                            mb_quote(side->settings->arena, side->out->bucket));
}

static void require(struct side *side, enum mb_storage_field field, const char *why)
{
    if (*text(side, field) == '\0')
        mb_settings_problem(side->settings, side->first + field, "is empty, but %s needs it", why);
}

/* In v2 a credential that the chosen kind does not use is a mistake; v1 files always carry them all. */
static void refuse_unused(struct side *side, const char *type, const enum mb_storage_field *used)
{
    static const enum mb_storage_field all[] = {MB_FIELD_ACCESS_KEY_ID,    MB_FIELD_SECRET_ACCESS_KEY,
                                                MB_FIELD_SESSION_TOKEN,    MB_FIELD_ACCOUNT_KEY,
                                                MB_FIELD_CREDENTIALS_FILE, MB_FIELD_AUTH_ENDPOINT};

    for (size_t i = 0; side->settings->schema == 2 && i < sizeof all / sizeof *all; i++) {
        bool is_used = false;
        for (const enum mb_storage_field *u = used; *u != MB_FIELD_COUNT; u++)
            is_used = is_used || *u == all[i];
        if (!is_used && explicitly(side, all[i]))
            mb_settings_problem(side->settings, side->first + all[i],
                                "is not used with %s: %s; remove it or change %s",
                                key(side, MB_FIELD_AUTH_TYPE), type, key(side, MB_FIELD_AUTH_TYPE));
    }
}

static void add_key_pair(struct side *side)
{
    static const char *const types[] = {"static", "iam", "default"};
    static const enum mb_storage_field used[][4] = {
        {MB_FIELD_ACCESS_KEY_ID, MB_FIELD_SECRET_ACCESS_KEY, MB_FIELD_SESSION_TOKEN, MB_FIELD_COUNT},
        {MB_FIELD_AUTH_ENDPOINT, MB_FIELD_COUNT},
        {MB_FIELD_COUNT}};
    size_t type = mb_settings_choice(side->settings, side->first + MB_FIELD_AUTH_TYPE, types, 3);

    add_unless_empty(side, "region", MB_FIELD_REGION);
    add(side, "auth.type", types[type]);
    if (type == 0) {
        require(side, MB_FIELD_ACCESS_KEY_ID, "a fixed key");
        require(side, MB_FIELD_SECRET_ACCESS_KEY, "a fixed key");
        add(side, "auth.accessKeyID", text(side, MB_FIELD_ACCESS_KEY_ID));
        add(side, "auth.secretAccessKey", text(side, MB_FIELD_SECRET_ACCESS_KEY));
        add_unless_empty(side, "auth.sessionToken", MB_FIELD_SESSION_TOKEN);
    } else if (type == 1) {
        add_unless_empty(side, "auth.endpoint", MB_FIELD_AUTH_ENDPOINT);
    }
    refuse_unused(side, types[type], used[type]);
}

static void add_account(struct side *side)
{
    static const char *const types[] = {"sharedKey", "default"};
    static const enum mb_storage_field used[][2] = {{MB_FIELD_ACCOUNT_KEY, MB_FIELD_COUNT}, {MB_FIELD_COUNT}};
    size_t type = mb_settings_choice(side->settings, side->first + MB_FIELD_AUTH_TYPE, types, 2);

    require(side, MB_FIELD_ACCOUNT_NAME, "this kind of storage (it is the account's name)");
    add(side, "accountName", text(side, MB_FIELD_ACCOUNT_NAME));
    add(side, "auth.type", types[type]);
    if (type == 0) {
        require(side, MB_FIELD_ACCOUNT_KEY, "a shared key");
        add(side, "auth.accountKey", text(side, MB_FIELD_ACCOUNT_KEY));
    }
    refuse_unused(side, types[type], used[type]);
}

static void add_service_account(struct side *side)
{
    static const char *const types[] = {"serviceAccount", "default"};
    static const enum mb_storage_field used[][2] = {{MB_FIELD_CREDENTIALS_FILE, MB_FIELD_COUNT},
                                                    {MB_FIELD_COUNT}};
    size_t type = mb_settings_choice(side->settings, side->first + MB_FIELD_AUTH_TYPE, types, 2);

    add(side, "auth.type", types[type]);
    if (type == 0) {
        require(side, MB_FIELD_CREDENTIALS_FILE, "a service account");
        add(side, "auth.credentialsFile", text(side, MB_FIELD_CREDENTIALS_FILE));
    }
    refuse_unused(side, types[type], used[type]);
}

/* Somebody else's driver gets what was said about this very side, never a default that was meant for ours. */
static void add_given(struct side *side)
{
    static const struct {
        enum mb_storage_field field;
        const char *name; /* NULL: not handed on */
    } fields[] = {{MB_FIELD_ADDRESS, "address"},   {MB_FIELD_PORT, "port"},
                  {MB_FIELD_BUCKET, "bucketName"}, {MB_FIELD_REGION, NULL},
                  {MB_FIELD_USE_SSL, NULL},        {MB_FIELD_ACCOUNT_NAME, NULL},
                  {MB_FIELD_ACCESS_KEY_ID, NULL},  {MB_FIELD_SECRET_ACCESS_KEY, NULL},
                  {MB_FIELD_SESSION_TOKEN, NULL},  {MB_FIELD_CREDENTIALS_FILE, NULL}};

    side->out->bucket = "";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct mb_setting *setting = &side->settings->items[side->first + fields[i].field];
        bool given = setting->source != MB_FROM_DEFAULT && (!setting->inherited || side->same_driver);
        if (given && fields[i].field == MB_FIELD_BUCKET)
            side->out->bucket = setting->text;
        if (given && fields[i].name != NULL)
            add(side, fields[i].name, setting->text);
        else if (mb_setting_explicit(setting) && fields[i].name == NULL)
            mb_settings_warn(side->settings, side->first + fields[i].field,
                             "is not handed to the driver '%s'; what it takes belongs under %s",
                             side->out->driver,
                             mb_free_maps[side->settings->schema - 1][side->first != MB_ID_MILVUS_STORAGE]);
    }
}

static bool has_option(const struct side *side, const char *name)
{
    for (size_t i = 0; i < side->count; i++)
        if (mb_text_equal_nocase(side->options[i].key, name))
            return true;
    return false;
}

/* Free options come first in rank: one that repeats a key of ours replaces it. */
static void add_free(struct side *side, unsigned number)
{
    for (size_t i = 0; i < side->settings->free_count; i++) {
        const struct mb_free_setting *free_option = &side->settings->free[i];
        if (free_option->side != number)
            continue;
        for (size_t o = 0; o < side->count; o++)
            if (mb_text_equal_nocase(side->options[o].key, free_option->name))
                side->options[o] = side->options[--side->count];
        add(side, free_option->name, free_option->setting.text);
    }
}

/* The backup's side takes Milvus' free options as far as it has none of the name and the driver is the same.
 */
static void add_inherited_free(struct side *side)
{
    for (size_t i = 0; i < side->settings->free_count; i++) {
        const struct mb_free_setting *free_option = &side->settings->free[i];
        if (free_option->side == 0 && !has_option(side, free_option->name))
            add(side, free_option->name, free_option->setting.text);
    }
}

/* A storageType that wraps another is described by the other's keys, and spelled as it is in messages. */
static void resolve_wrapped(struct side *side)
{
    const char *over = mb_wrapped_over(side->settings, side->first);
    const struct mb_provider *provider = mb_wrapped_provider(side->settings, side->first);
    const struct mb_setting *type = &side->settings->items[side->first + MB_FIELD_TYPE];

    if (over == NULL)
        return;
    side->family = provider != NULL ? provider->family : MB_FAMILY_OTHER;
    if (*over == '\0' && !type->inherited)
        mb_settings_problem(side->settings, side->first + MB_FIELD_TYPE,
                            "is '%s', which wraps another driver: name it by %s.over", side->spelling,
                            mb_free_maps[side->settings->schema - 1][side->first != MB_ID_MILVUS_STORAGE]);
}

/* The wrapper is told drivers, whatever they are called here. */
static void name_wrapped(struct side *side)
{
    for (size_t i = 0; i < side->count; i++)
        if (mb_wrapped_over(side->settings, side->first) != NULL &&
            mb_text_equal_nocase(side->options[i].key, "over"))
            side->options[i] = (struct mb_kv){
                "over", mb_settings_keep(side->settings,
                                         mb_wrapped_drivers(side->settings->arena, side->options[i].value))};
}

/* A root path that climbs out of itself is a mistake; "/a//b/" is "a/b". */
static void resolve_prefix(struct side *side)
{
    const char *path =
        mb_settings_keep(side->settings, mb_key_clean(side->settings->arena, text(side, MB_FIELD_ROOT_PATH)));

    for (const char *part = path; *part != '\0';) {
        size_t len = strcspn(part, "/");
        if ((len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
            mb_settings_problem(side->settings, side->first + MB_FIELD_ROOT_PATH,
                                "%s must not have '.' or '..' between its slashes",
                                mb_quote(side->settings->arena, path));
        part += len + (part[len] == '/');
    }
    side->out->prefix = path;
    side->out->root_path = path;
    side->out->import_root = path;
}

static const char *absolute(struct side *side, const char *folder, const char *path)
{
    struct mb_arena *arena = side->settings->arena;
    const char *base = mb_settings_keep(side->settings, mb_key_clean(arena, *path == '/' ? "" : folder));
    const char *rest = mb_settings_keep(side->settings, mb_key_clean(arena, path));
    bool both = *base != '\0' && *rest != '\0';

    return mb_settings_keep(side->settings, mb_arena_printf(arena, "/%s%s%s", base, both ? "/" : "", rest));
}

static void resolve_folder(struct side *side, const char *folder)
{
    const char *path = text(side, MB_FIELD_ROOT_PATH);
    const char *local_path = text(side, MB_FIELD_LOCAL_PATH);

    if (*path == '\0')
        mb_settings_problem(side->settings, side->first + MB_FIELD_ROOT_PATH,
                            "is empty, but on local disk it is the folder of the data");
    side->out->prefix = "";
    side->out->bucket = "";
    side->out->root_path = absolute(side, folder, path);
    side->out->import_root = *local_path != '\0' ? absolute(side, folder, local_path) : side->out->root_path;
    side->out->place = side->out->root_path;
    add(side, "root", side->out->root_path);
}

/* How Milvus reaches the storage, where it is not how we do. */
static void resolve_milvus_address(struct side *side)
{
    struct mb_settings *settings = side->settings;
    size_t id = side->first + MB_FIELD_MILVUS_ADDRESS;
    int64_t port = mb_settings_int(settings, side->first + MB_FIELD_MILVUS_PORT);
    bool given = *text(side, MB_FIELD_MILVUS_ADDRESS) != '\0';

    side->out->milvus_address = "";
    if (given && side->family == MB_FAMILY_FILES)
        mb_settings_problem(settings, id, "has no meaning on local disk");
    else if (given)
        side->out->milvus_address = mb_settings_host(settings, id);
    else if (port != 0)
        mb_settings_problem(settings, side->first + MB_FIELD_MILVUS_PORT, "needs %s",
                            key(side, MB_FIELD_MILVUS_ADDRESS));
    if (given)
        side->out->milvus_port =
            (uint16_t)(port != 0 ? port : mb_settings_int(settings, side->first + MB_FIELD_PORT));
}

static void resolve_place(struct side *side)
{
    const char *host = text(side, MB_FIELD_ADDRESS);
    bool v6 = strchr(host, ':') != NULL && *host != '[';

    side->out->place = mb_settings_keep(
        side->settings,
        side->family == MB_FAMILY_OTHER
            ? mb_arena_printf(side->settings->arena, "%s, path %s", side->out->driver, side->out->prefix)
            : mb_arena_printf(side->settings->arena, "%s %s%s%s:%s, bucket %s, path %s", side->spelling,
                              v6 ? "[" : "", host, v6 ? "]" : "", side->port, side->out->bucket,
                              side->out->prefix));
}

static void resolve_bucket_store(struct side *side)
{
    resolve_prefix(side);
    if (explicitly(side, MB_FIELD_LOCAL_PATH))
        mb_settings_problem(side->settings, side->first + MB_FIELD_LOCAL_PATH,
                            "has a meaning on local disk only, and %s is '%s'", key(side, MB_FIELD_TYPE),
                            side->spelling);
    if (side->family != MB_FAMILY_ACCOUNT && side->settings->schema == 2 && side->family != MB_FAMILY_OTHER &&
        explicitly(side, MB_FIELD_ACCOUNT_NAME))
        mb_settings_problem(side->settings, side->first + MB_FIELD_ACCOUNT_NAME,
                            "has no meaning where %s is '%s'", key(side, MB_FIELD_TYPE), side->spelling);
    if (side->family == MB_FAMILY_OTHER)
        add_given(side);
    else
        add_endpoint(side);
    if (side->family == MB_FAMILY_KEYS)
        add_key_pair(side);
    else if (side->family == MB_FAMILY_ACCOUNT)
        add_account(side);
    else if (side->family == MB_FAMILY_SERVICE_ACCOUNT)
        add_service_account(side);
    resolve_place(side);
}

/* The key that somebody who wants to change the value has to change. */
static const char *changing(const struct side *side, enum mb_storage_field field)
{
    const struct mb_setting *setting = &side->settings->items[side->first + field];
    bool elsewhere = setting->inherited && setting->source != MB_FROM_DEFAULT;

    return mb_settings_key(side->settings, (elsewhere ? MB_ID_MILVUS_STORAGE : side->first) + field);
}

static void resolve_keys(struct side *side)
{
    bool files = side->family == MB_FAMILY_FILES, account = side->family == MB_FAMILY_ACCOUNT;
    const char *root_path = changing(side, MB_FIELD_ROOT_PATH);
    const char *type = changing(side, MB_FIELD_TYPE);

    side->out->keys = (struct mb_config_storage_keys){
        .storage_type = type,
        .address = files ? type : changing(side, MB_FIELD_ADDRESS),
        .port = files ? type : changing(side, MB_FIELD_PORT),
        .use_ssl = files ? type : changing(side, MB_FIELD_USE_SSL),
        .bucket = files ? root_path : changing(side, MB_FIELD_BUCKET),
        .root_path = root_path,
        .access_key = changing(side, account ? MB_FIELD_ACCOUNT_NAME : MB_FIELD_ACCESS_KEY_ID),
        .secret_key = changing(side, account ? MB_FIELD_ACCOUNT_KEY : MB_FIELD_SECRET_ACCESS_KEY),
        .session_token = changing(side, MB_FIELD_SESSION_TOKEN)};
}

void mb_storage_resolve(struct mb_settings *settings, size_t first, const char *folder,
                        struct mb_config_storage *out)
{
    struct side side = {.settings = settings, .first = first, .out = out};
    bool is_backup = first == MB_ID_BACKUP_STORAGE;

    *out = (struct mb_config_storage){.bucket = text(&side, MB_FIELD_BUCKET)};
    side.options =
        mb_arena_alloc(settings->arena, MAX_OPTIONS + 2 * settings->free_count, sizeof *side.options);
    if (side.options == NULL) {
        mb_settings_keep(settings, NULL);
        return;
    }
    resolve_driver(&side);
    resolve_wrapped(&side);
    side.same_driver = !is_backup || strcmp(out->driver, driver_of(settings, MB_ID_MILVUS_STORAGE)) == 0;
    side.port = mb_settings_keep(
        settings, mb_arena_printf(settings->arena, "%lld",
                                  (long long)mb_settings_int(settings, first + MB_FIELD_PORT)));
    mb_settings_bool(settings, first + MB_FIELD_USE_SSL);
    resolve_milvus_address(&side);
    if (side.family == MB_FAMILY_FILES)
        resolve_folder(&side, folder);
    else
        resolve_bucket_store(&side);
    add_free(&side, is_backup);
    if (is_backup && side.same_driver)
        add_inherited_free(&side);
    name_wrapped(&side);
    resolve_keys(&side);
    out->provider = mb_wrapped_provider(settings, first);
    out->options = side.options;
    out->option_count = side.count;
}

/* Do the two sides open the same bucket, or the same disk?  Told by the options that name the place. */
static bool same_place(const struct mb_config_storage *a, const struct mb_config_storage *b)
{
    static const char *const names[] = {"address", "port", "accountName", "bucketName"};

    if (strcmp(a->driver, b->driver) != 0)
        return false;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const char *values[2] = {"", ""};
        for (size_t i = 0; i < a->option_count; i++)
            values[0] = strcmp(a->options[i].key, names[n]) == 0 ? a->options[i].value : values[0];
        for (size_t i = 0; i < b->option_count; i++)
            values[1] = strcmp(b->options[i].key, names[n]) == 0 ? b->options[i].value : values[1];
        if (!mb_text_equal_nocase(values[0], values[1]))
            return false;
    }
    return true;
}

void mb_storage_check_overlap(struct mb_settings *settings, const struct mb_config_storage *milvus,
                              const struct mb_config_storage *backup)
{
    size_t len = strlen(milvus->root_path);

    if (!same_place(milvus, backup) || strncmp(backup->root_path, milvus->root_path, len) != 0)
        return;
    char after = backup->root_path[len];
    if (after == '\0')
        mb_settings_warn(settings, MB_ID_BACKUP_STORAGE + MB_FIELD_ROOT_PATH,
                         "backups are kept among Milvus' own data: %s is the same as %s",
                         backup->keys.root_path, milvus->keys.root_path);
}

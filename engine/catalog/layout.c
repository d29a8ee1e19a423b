#include "catalog/layout.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* Of an existing one: no storage takes a longer key. */
enum { MAX_NAME = 128, MAX_EXISTING = 1024 };

static const char *const meta_names[MB_META_COUNT] = {
    [MB_META_BACKUP] = "backup_meta.json",       [MB_META_COLLECTION] = "collection_meta.json",
    [MB_META_PARTITION] = "partition_meta.json", [MB_META_SEGMENT] = "segment_meta.json",
    [MB_META_FULL] = "full_meta.json",           [MB_META_OBJECTS] = "objects.jsonl",
    [MB_META_IN_PROGRESS] = "in_progress.json",
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

mb_status mb_layout_check_name(const char *name, struct mb_error *error)
{
    if (*name == '\0')
        return mb_fail(error, MB_E_INVALID, "the backup name is empty");
    if (strlen(name) > MAX_NAME)
        return mb_fail(error, MB_E_INVALID, "backup name of %zu bytes is longer than %d", strlen(name),
                       MAX_NAME);
    if (!is_letter(*name))
        return mb_fail(error, MB_E_INVALID, "backup name '%s' does not begin with a letter or an underscore",
                       name);
    for (const char *c = name; *c != '\0'; c++)
        if (!is_letter(*c) && !is_digit(*c))
            return mb_fail(error, MB_E_INVALID,
                           "backup name '%s' has a character other than letters, digits and underscores",
                           name);
    return MB_OK;
}

mb_status mb_layout_check_existing_name(const char *name, struct mb_error *error)
{
    if (*name == '\0')
        return mb_fail(error, MB_E_INVALID, "the backup name is empty");
    if (strlen(name) > MAX_EXISTING)
        return mb_fail(error, MB_E_INVALID, "backup name of %zu bytes is longer than %d", strlen(name),
                       MAX_EXISTING);
    if (strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return mb_fail(error, MB_E_INVALID, "'%s' cannot be a backup's name", name);
    return MB_OK;
}

char *mb_layout_backup_dir(struct mb_arena *arena, const char *root, const char *name)
{
    return mb_key_join(arena, root, name);
}

const char *mb_layout_meta_name(enum mb_meta_file file)
{
    return meta_names[file];
}

bool mb_layout_is_other_meta(const char *name)
{
    return strcmp(name, "meta/channel_cp_meta.json") == 0;
}

char *mb_layout_meta_key(struct mb_arena *arena, const char *dir, enum mb_meta_file file)
{
    return mb_arena_printf(arena, "%s/meta/%s", dir, meta_names[file]);
}

mb_status mb_layout_insert_dir(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment)
{
    mb_buf_reset(key);
    mb_buf_printf(key, "%s/binlogs/insert_log/%" PRId64 "/%" PRId64 "/", dir, segment->collection_id,
                  segment->partition_id);
    if (segment->group_id != 0)
        mb_buf_printf(key, "%" PRId64 "/", segment->group_id);
    return key->status;
}

mb_status mb_layout_collection_prefix(struct mb_buf *key, const char *dir, bool is_delta,
                                      int64_t collection_id)
{
    mb_buf_reset(key);
    return mb_buf_printf(key, "%s/binlogs/%s/%" PRId64 "/", dir, is_delta ? "delta_log" : "insert_log",
                         collection_id);
}

static bool over_all_partitions(const struct mb_segment_backup *segment)
{
    return segment->partition_id == -1;
}

static void put_delta_partition(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment)
{
    mb_buf_reset(key);
    mb_buf_printf(key, "%s/binlogs/delta_log/%" PRId64 "/%" PRId64 "/", dir, segment->collection_id,
                  segment->partition_id);
}

mb_status mb_layout_delta_dir(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment)
{
    put_delta_partition(key, dir, segment);
    if (over_all_partitions(segment) || (segment->is_l0 && segment->group_id == 0))
        mb_buf_printf(key, "%" PRId64 "/", segment->id);
    else if (segment->group_id != 0)
        mb_buf_printf(key, "%" PRId64 "/", segment->group_id);
    return key->status;
}

mb_status mb_layout_insert_key(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment,
                               int64_t field_id, int64_t log_id)
{
    mb_layout_insert_dir(key, dir, segment);
    return mb_buf_printf(key, "%" PRId64 "/%" PRId64 "/%" PRId64, segment->id, field_id, log_id);
}

mb_status mb_layout_delta_key(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment,
                              int64_t log_id)
{
    put_delta_partition(key, dir, segment);
    if (segment->group_id != 0 && !over_all_partitions(segment))
        mb_buf_printf(key, "%" PRId64 "/", segment->group_id);
    return mb_buf_printf(key, "%" PRId64 "/%" PRId64, segment->id, log_id);
}

/* root without empty elements, and a slash behind it unless it is empty. */
static void put_root(struct mb_buf *key, const char *root)
{
    mb_buf_reset(key);
    while (*root != '\0') {
        size_t len = strcspn(root, "/");
        if (len > 0) {
            mb_buf_append(key, root, len);
            mb_buf_putc(key, '/');
        }
        root += len;
        root += *root == '/';
    }
}

mb_status mb_layout_source_insert_prefix(struct mb_buf *key, const char *milvus_root, int64_t collection_id,
                                         int64_t partition_id, int64_t segment_id)
{
    put_root(key, milvus_root);
    return mb_buf_printf(key, "insert_log/%" PRId64 "/%" PRId64 "/%" PRId64 "/", collection_id, partition_id,
                         segment_id);
}

mb_status mb_layout_source_collection_prefix(struct mb_buf *key, const char *milvus_root, bool is_delta,
                                             int64_t collection_id)
{
    put_root(key, milvus_root);
    return mb_buf_printf(key, "%s/%" PRId64 "/", is_delta ? "delta_log" : "insert_log", collection_id);
}

mb_status mb_layout_source_delta_prefix(struct mb_buf *key, const char *milvus_root, int64_t collection_id,
                                        int64_t partition_id, int64_t segment_id)
{
    put_root(key, milvus_root);
    return mb_buf_printf(key, "delta_log/%" PRId64 "/%" PRId64 "/%" PRId64 "/", collection_id, partition_id,
                         segment_id);
}

/* A root is kept as the writer of the file had it: an absolute path of a Milvus on local disk too. */
static void put_written_root(struct mb_buf *key, const char *root)
{
    mb_buf_reset(key);
    mb_buf_puts(key, root);
    if (*root != '\0' && !mb_text_ends_with(root, "/"))
        mb_buf_putc(key, '/');
}

mb_status mb_layout_insert_log_path(struct mb_buf *path, const char *source_root,
                                    const struct mb_segment_backup *segment, int64_t field_id, int64_t log_id)
{
    put_written_root(path, source_root);
    return mb_buf_printf(path, "insert_log/%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64,
                         segment->collection_id, segment->partition_id, segment->id, field_id, log_id);
}

mb_status mb_layout_delta_log_path(struct mb_buf *path, const char *source_root,
                                   const struct mb_segment_backup *segment, int64_t log_id)
{
    put_written_root(path, source_root);
    return mb_buf_printf(path, "delta_log/%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64,
                         segment->collection_id, segment->partition_id, segment->id, log_id);
}

#define MAX_IDS 6

/* "12/-1/3" into ids.  Only one spelling of a number is accepted, so that a key made from ids is the key that
 * was read; -1 stands for all partitions, which is the second id.  0 when the text is anything else. */
static size_t parse_ids(const char *text, int64_t ids[MAX_IDS])
{
    for (size_t count = 0; count < MAX_IDS; count++) {
        size_t len = strcspn(text, "/");
        uint64_t value = 0;
        if (count == 1 && len == 2 && memcmp(text, "-1", 2) == 0) {
            ids[count] = -1;
        } else {
            if (len == 0 || len > 19 || (text[0] == '0' && len > 1))
                return 0;
            for (size_t i = 0; i < len; i++) {
                if (!is_digit(text[i]))
                    return 0;
                value = value * 10 + (uint64_t)(text[i] - '0');
            }
            if (value > INT64_MAX)
                return 0;
            ids[count] = (int64_t)value;
        }
        text += len;
        if (*text++ == '\0')
            return count + 1;
    }
    return 0;
}

/* The last place in key where word is an element and a slash follows; NULL when there is none. */
static const char *last_element(const char *key, const char *word)
{
    const char *found = NULL;
    size_t len = strlen(word);
    for (const char *at = strstr(key, word); at != NULL; at = strstr(at + 1, word))
        if ((at == key || at[-1] == '/') && at[len] == '/')
            found = at;
    return found;
}

/* Takes the ids of an insert or delta log; a group element after the partition is passed over. */
static bool set_ids(struct mb_source_key *key, const int64_t ids[MAX_IDS], size_t count, bool group)
{
    const int64_t *tail = ids + 2 + group;
    if (count != (key->is_delta ? 4u : 5u) + group || (!key->is_delta && ids[1] == -1))
        return false;
    key->collection_id = ids[0];
    key->partition_id = ids[1];
    key->segment_id = tail[0];
    key->field_id = key->is_delta ? 0 : tail[1];
    key->log_id = key->is_delta ? tail[1] : tail[2];
    return true;
}

bool mb_layout_parse_log_path(const char *key, struct mb_source_key *out)
{
    const char *insert = last_element(key, "insert_log");
    const char *delta = last_element(key, "delta_log");
    struct mb_source_key parsed = {.is_delta = delta != NULL && (insert == NULL || delta > insert)};
    const char *at = parsed.is_delta ? delta : insert;
    size_t word_len = strlen(parsed.is_delta ? "delta_log/" : "insert_log/");
    int64_t ids[MAX_IDS];
    if (at == NULL || !set_ids(&parsed, ids, parse_ids(at + word_len, ids), false))
        return false;
    parsed.root_len = at == key ? 0 : (size_t)(at - key) - 1;
    *out = parsed;
    return true;
}

bool mb_layout_parse_backup_key(const char *dir, const char *key, struct mb_source_key *out)
{
    static const char *const words[] = {"/binlogs/insert_log/", "/binlogs/delta_log/"};
    struct mb_source_key parsed = {.root_len = strlen(dir)};
    int64_t ids[MAX_IDS];
    if (!mb_text_starts_with(key, dir))
        return false;
    const char *rest = key + parsed.root_len;
    parsed.is_delta = mb_text_starts_with(rest, words[1]);
    const char *word = words[parsed.is_delta];
    if (!mb_text_starts_with(rest, word))
        return false;
    size_t count = parse_ids(rest + strlen(word), ids);
    bool group = count == (parsed.is_delta ? 5u : 6u);
    if (!set_ids(&parsed, ids, count, group) || (group && parsed.partition_id == -1))
        return false;
    *out = parsed;
    return true;
}

/* Does root, cleaned, equal the first len bytes of key? */
static bool root_is(const char *root, const char *key, size_t len)
{
    size_t at = 0;
    while (*root != '\0') {
        size_t element = strcspn(root, "/");
        if (element > 0) {
            if (at > 0 && (at >= len || key[at++] != '/'))
                return false;
            if (element > len - at || memcmp(root, key + at, element) != 0)
                return false;
            at += element;
        }
        root += element;
        root += *root == '/';
    }
    return at == len;
}

bool mb_layout_parse_source_key(const char *milvus_root, const char *key, struct mb_source_key *out)
{
    struct mb_source_key k;
    if (key[0] == '/' || !mb_layout_parse_log_path(key, &k) || !root_is(milvus_root, key, k.root_len))
        return false;
    *out = k;
    return true;
}

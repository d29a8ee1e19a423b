/* uploads.c - uploads in progress, and tests of those that are never completed. */
#include "check.h"
#include "upload.h"

#include "base/crc32c.h"

#include <stdio.h>
#include <string.h>

size_t upload_part_size(struct check *c)
{
    uint64_t least = c->s->info.min_part_size;
    return least < c->suite->part_size ? c->suite->part_size : (size_t)least;
}

bool upload_refill(struct check *c, struct upload *upload)
{
    upload->len = 0;
    for (size_t i = 0; i < upload->count; i++)
        upload->len += upload->sizes[i];
    upload->data = check_data(c, upload->len, 51);
    return upload->data != NULL;
}

static bool begin_with(struct check *c, struct upload *upload, const char *key, size_t count, size_t size,
                       size_t last, uint32_t flags)
{
    const struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = flags};
    *upload = (struct upload){.key = key, .count = count};
    for (size_t i = 0; i < count; i++) {
        upload->sizes[i] = i + 1 < count ? size : last;
        upload->numbers[i] = (uint32_t)i + 1;
    }
    if (!upload_refill(c, upload))
        return false;
    mb_status status = slot_mpu_begin(c->s, key, &opts, upload->id, sizeof(upload->id));
    if (status != MB_OK)
        check_fail(c, "mpu_begin of '%s': %s", key, session_said(c->s, status, c->arena));
    return status == MB_OK;
}

bool upload_begin(struct check *c, struct upload *upload, const char *key, size_t count, size_t size,
                  size_t last)
{
    return begin_with(c, upload, key, count, size, last, 0);
}

bool upload_begin_copied(struct check *c, struct upload *upload, const char *key, size_t count, size_t size,
                         size_t last)
{
    return begin_with(c, upload, key, count, size, last, MB_PUT_PARTS_COPIED);
}

mb_status upload_send_by(struct session *s, struct upload *upload, size_t i)
{
    struct giver giver;
    size_t offset = 0;
    for (size_t k = 0; k < i; k++)
        offset += upload->sizes[k];
    struct mb_source source = giver_source(&giver, upload->data + offset, upload->sizes[i]);
    return slot_mpu_part(s, upload->key, upload->id, upload->numbers[i], &source, &upload->parts[i]);
}

bool upload_send(struct check *c, struct upload *upload, size_t i)
{
    mb_status status = upload_send_by(c->s, upload, i);
    if (status != MB_OK)
        check_fail(c, "mpu_part %u of '%s': %s", upload->numbers[i], upload->key,
                   session_said(c->s, status, c->arena));
    else if (upload->parts[i].size != upload->sizes[i])
        check_fail(c, "mpu_part of %zu bytes says that it has %llu", upload->sizes[i],
                   (unsigned long long)upload->parts[i].size);
    return c->outcome == PASSED;
}

bool upload_finish(struct check *c, struct upload *upload)
{
    struct mb_stat stat;
    mb_status status = slot_mpu_complete(c->s, upload->key, upload->id, upload->parts, upload->count, &stat);
    if (status != MB_OK) {
        check_fail(c, "mpu_complete of '%s': %s", upload->key, session_said(c->s, status, c->arena));
        return false;
    }
    uint32_t crc = mb_crc32c(0, upload->data, upload->len);
    if ((stat.flags & MB_STAT_CRC32C) != 0 && stat.crc32c != crc) {
        check_fail(c, "mpu_complete says CRC32C %08x, and it is %08x", stat.crc32c, crc);
        return false;
    }
    status = slot_stat(c->s, upload->key, &stat);
    if (status != MB_OK || stat.size != upload->len)
        check_fail(c, "after mpu_complete of %zu bytes stat says %llu: %s", upload->len,
                   (unsigned long long)stat.size, session_said(c->s, status, c->arena));
    return c->outcome == PASSED && must_hold(c, c->s, upload->key, upload->data, upload->len);
}

struct found {
    struct check *c;
    size_t count;
    char keys[16][1200];
    char ids[16][1024];
    mb_status answer;
};

static mb_status note(void *ctx, const struct mb_upload *upload)
{
    struct found *found = ctx;
    if (found->count < 16) {
        snprintf(found->keys[found->count], sizeof(found->keys[0]), "%s", upload->key);
        snprintf(found->ids[found->count], sizeof(found->ids[0]), "%s", upload->upload_id);
    }
    found->count++;
    return found->answer;
}

static bool is_found(const struct found *found, const struct upload *upload)
{
    for (size_t i = 0; i < found->count && i < 16; i++)
        if (strcmp(found->keys[i], upload->key) == 0 && strcmp(found->ids[i], upload->id) == 0)
            return true;
    return false;
}

static struct found *find(struct check *c, const char *prefix, mb_status answer, mb_status expected)
{
    struct found *found = mb_arena_alloc(c->arena, 1, sizeof(*found));
    if (found == NULL) {
        check_fail(c, "out of memory");
        return NULL;
    }
    found->answer = answer;
    mb_status status = slot_mpu_list(c->s, prefix, note, found);
    if (status == expected)
        return found;
    check_fail(c, "mpu_list of '%s' should be %s and is %s", prefix, mb_status_name(expected),
               session_said(c->s, status, c->arena));
    return NULL;
}

static bool begin(struct check *c, struct upload *upload, const char *name)
{
    return upload_begin(c, upload, check_key(c, "%s", name), 2, upload_part_size(c), 1000);
}

static void abort_leaves_nothing(struct check *c)
{
    struct upload upload;
    struct listing listing;
    MUST(begin(c, &upload, "a/b/k"));
    MUST(upload_send(c, &upload, 0));
    MUST(upload_send(c, &upload, 1));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    MUST(must_be_absent(c, c->s, upload.key));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix, .delimiter = "/"}, &listing));
    EXPECT(listing.count == 0, "after an abort '%s' is listed", listing.entries[0].key);
    if (c->suite->plugin->mpu_list == NULL)
        return;
    struct found *found = find(c, c->prefix, MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(found->count == 0, "after an abort mpu_list finds an upload of '%s'", found->keys[0]);
}

/* Nothing of it is there yet, so that nothing need be dropped: and nothing may come of dropping it. */
static void abort_without_parts(struct check *c)
{
    struct upload upload;
    struct listing listing;
    MUST(begin(c, &upload, "a/k"));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    MUST(must_be_absent(c, c->s, upload.key));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    EXPECT(listing.count == 0, "after an abort '%s' is listed", listing.entries[0].key);
}

static void abort_of_copies(struct check *c)
{
    struct upload upload;
    struct listing listing;
    const char *source = check_key(c, "source");
    MUST(upload_begin_copied(c, &upload, check_key(c, "k"), 2, upload_part_size(c), 1000));
    MUST(must_put(c, c->s, source, upload.data, upload.len));
    WANT(MB_OK, slot_mpu_copy_part(c->s, upload.key, upload.id, 1, c->s, source, 0, upload.sizes[0],
                                   &upload.parts[0]));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    MUST(must_be_absent(c, c->s, upload.key));
    MUST(must_hold(c, c->s, source, upload.data, upload.len));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    EXPECT(listing.count == 1, "after an abort %zu objects are listed beside the source", listing.count - 1);
}

static void empty_object_is_no_upload(struct check *c)
{
    MUST(must_put(c, c->s, check_key(c, "k"), (const uint8_t *)"", 0));
    struct found *found = find(c, c->prefix, MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(found->count == 0, "mpu_list takes the empty object '%s' for an upload", found->keys[0]);
    mb_status status = slot_mpu_abort(c->s, check_key(c, "k"), "0123456789abcdef");
    EXPECT(status == MB_OK || status == MB_E_NOT_FOUND || status == MB_E_INVALID,
           "an abort of an upload that never was: %s", session_said(c->s, status, c->arena));
    MUST(must_hold(c, c->s, check_key(c, "k"), (const uint8_t *)"", 0));
}

static void abort_keeps_the_object(struct check *c)
{
    struct upload upload;
    MUST(must_put_text(c, check_key(c, "k"), "still here"));
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    MUST(must_hold_text(c, upload.key, "still here"));
}

static void aborted_twice(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    mb_status status = slot_mpu_abort(c->s, upload.key, upload.id);
    EXPECT(status == MB_OK || status == MB_E_NOT_FOUND, "a second abort should be ok or not found and is %s",
           session_said(c->s, status, c->arena));
}

static void completed_after_abort(struct check *c)
{
    struct upload upload;
    struct mb_stat stat;
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    WANT(MB_E_NOT_FOUND, slot_mpu_complete(c->s, upload.key, upload.id, upload.parts, 1, &stat));
    MUST(must_be_absent(c, c->s, upload.key));
}

static void part_after_abort(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
    WANT(MB_E_NOT_FOUND, upload_send_by(c->s, &upload, 1));
}

static void missing_part(struct check *c)
{
    struct upload upload;
    struct mb_stat stat;
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    upload.parts[1] = upload.parts[0];
    upload.parts[1].number = 2;
    mb_status status = slot_mpu_complete(c->s, upload.key, upload.id, upload.parts, 2, &stat);
    EXPECT(status < 0, "mpu_complete succeeds with a part that was never sent");
    MUST(must_be_absent(c, c->s, upload.key));
    WANT(MB_OK, slot_mpu_abort(c->s, upload.key, upload.id));
}

static void small_buffer(struct check *c)
{
    char buf[64];
    memset(buf, 'x', sizeof(buf));
    mb_status status = slot_mpu_begin(c->s, check_key(c, "k"), NULL, buf, 2);
    for (size_t i = 2; i < sizeof(buf); i++)
        EXPECT(buf[i] == 'x', "mpu_begin wrote beyond a buffer of two bytes");
    EXPECT(status < 0 || buf[0] == '\0' || buf[1] == '\0', "mpu_begin cut an upload's id without saying so");
}

static void source_fails(struct check *c)
{
    struct upload upload;
    struct giver giver;
    MUST(begin(c, &upload, "k"));
    struct mb_source source = giver_source(&giver, upload.data, upload.sizes[0]);
    giver.chunk = 1000;
    giver.fail_at = 5000;
    WANT(MB_E_CALLBACK, slot_mpu_part(c->s, upload.key, upload.id, 1, &source, &upload.parts[0]));
    MUST(upload_send(c, &upload, 0));
    MUST(upload_send(c, &upload, 1));
    MUST(upload_finish(c, &upload));
}

static void found_by_prefix(struct check *c)
{
    struct upload one, two;
    MUST(begin(c, &one, "one/k"));
    MUST(upload_send(c, &one, 0));
    MUST(begin(c, &two, "two/k"));
    MUST(upload_send(c, &two, 1));
    struct found *found = find(c, c->prefix, MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(is_found(found, &one) && is_found(found, &two), "mpu_list does not find both of two uploads");
    EXPECT(found->count == 2, "mpu_list finds %zu uploads, and there are 2", found->count);
    found = find(c, check_key(c, "t"), MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(found->count == 1 && is_found(found, &two), "mpu_list of a prefix of one key finds %zu uploads",
           found->count);
    found = find(c, check_key(c, "three/"), MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(found->count == 0, "mpu_list of another prefix finds '%s'", found->keys[0]);
    WANT(MB_OK, slot_mpu_abort(c->s, one.key, one.id));
    found = find(c, c->prefix, MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(found->count == 1, "after one of two uploads was aborted mpu_list finds %zu", found->count);
}

static void found_without_parts(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k"));
    struct found *found = find(c, c->prefix, MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(is_found(found, &upload), "mpu_list does not find an upload that has no parts yet");
}

/* Not through slot_mpu_list: the status is the test's own and comes without an error of the driver. */
static void found_stops(struct check *c)
{
    struct upload one, two;
    struct found *found = mb_arena_alloc(c->arena, 1, sizeof(*found));
    EXPECT(found != NULL, "out of memory");
    MUST(begin(c, &one, "one"));
    MUST(upload_send(c, &one, 0));
    MUST(begin(c, &two, "two"));
    MUST(upload_send(c, &two, 0));
    found->answer = MB_E_CALLBACK;
    mb_status status = c->suite->plugin->mpu_list(c->s->store, c->prefix, note, found, &c->s->call);
    EXPECT(status == MB_E_CALLBACK, "mpu_list should hand on what found returned and is %s",
           mb_status_name(status));
    EXPECT(found->count == 1, "mpu_list called found %zu times after it had refused", found->count - 1);
}

/* A host that notes the etag of what it wrote reads it by that. */
static void etag_of_completed(struct check *c)
{
    struct upload upload;
    struct mb_stat out, stat;
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    MUST(upload_send(c, &upload, 1));
    WANT(MB_OK, slot_mpu_complete(c->s, upload.key, upload.id, upload.parts, 2, &out));
    WANT(MB_OK, slot_stat(c->s, upload.key, &stat));
    EXPECT(out.etag[0] == '\0' || strcmp(out.etag, stat.etag) == 0,
           "mpu_complete says etag '%s' and stat '%s'", out.etag, stat.etag);
    EXPECT(out.size == 0 || out.size == upload.len, "mpu_complete says %llu bytes of %zu",
           (unsigned long long)out.size, upload.len);
}

static void not_found_when_done(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k"));
    MUST(upload_send(c, &upload, 0));
    MUST(upload_send(c, &upload, 1));
    MUST(upload_finish(c, &upload));
    struct found *found = find(c, c->prefix, MB_OK, MB_OK);
    MUST(found != NULL);
    EXPECT(found->count == 0, "mpu_list finds the upload '%s', which was completed", found->keys[0]);
}

const struct test upload_tests[] = {
    {"uploads.abort-leaves-nothing", "after an abort there is no object, no part and no upload",
     NEEDS_MULTIPART, abort_leaves_nothing},
    {"uploads.abort-keeps-the-object", "an abort leaves the object that the upload would have replaced",
     NEEDS_MULTIPART, abort_keeps_the_object},
    {"uploads.abort-without-parts", "nor after that of an upload without parts", NEEDS_MULTIPART,
     abort_without_parts},
    {"uploads.abort-of-copies", "nor after that of copied parts, whose source stays",
     NEEDS_MULTIPART | NEEDS_PART_COPY, abort_of_copies},
    {"uploads.empty-object", "an empty object is no upload, and no abort removes it",
     NEEDS_MULTIPART | NEEDS_UPLOAD_LIST, empty_object_is_no_upload},
    {"uploads.aborted-twice", "an abort that is repeated is ok or not found", NEEDS_MULTIPART, aborted_twice},
    {"uploads.completed-after-abort", "what was aborted cannot be completed", NEEDS_MULTIPART,
     completed_after_abort},
    {"uploads.part-after-abort", "nor can it get another part", NEEDS_MULTIPART, part_after_abort},
    {"uploads.missing-part", "an upload cannot be completed with a part that was never sent", NEEDS_MULTIPART,
     missing_part},
    {"uploads.small-buffer", "an upload's id is not written beyond its buffer", NEEDS_MULTIPART,
     small_buffer},
    {"uploads.etag", "complete and stat tell the same etag and size", NEEDS_MULTIPART, etag_of_completed},
    {"uploads.source-fails", "a part whose source failed can be sent again", NEEDS_MULTIPART, source_fails},
    {"uploads.found-by-prefix", "mpu_list finds every unfinished upload below a prefix and no other",
     NEEDS_MULTIPART | NEEDS_UPLOAD_LIST, found_by_prefix},
    {"uploads.found-without-parts", "also one that has no parts yet", NEEDS_MULTIPART | NEEDS_UPLOAD_LIST,
     found_without_parts},
    {"uploads.found-stops", "mpu_list stops when it is told to", NEEDS_MULTIPART | NEEDS_UPLOAD_LIST,
     found_stops},
    {"uploads.not-found-when-done", "mpu_list does not find what was completed",
     NEEDS_MULTIPART | NEEDS_UPLOAD_LIST, not_found_when_done},
    {0},
};

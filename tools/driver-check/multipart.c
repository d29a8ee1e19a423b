/* multipart.c - tests of objects that are put in parts. */
#include "check.h"
#include "upload.h"

#include <stdlib.h>
#include <string.h>

/* Parts of one size and a shorter last one. */
static bool begin(struct check *c, struct upload *upload, const char *name, size_t count)
{
    return upload_begin(c, upload, check_key(c, "%s", name), count, upload_part_size(c), 1000);
}

static bool send_all(struct check *c, struct upload *upload)
{
    for (size_t i = 0; i < upload->count; i++)
        if (!upload_send(c, upload, i))
            return false;
    return true;
}

static void in_order(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k", 3));
    MUST(send_all(c, &upload));
    MUST(upload_finish(c, &upload));
}

static void out_of_order(struct check *c)
{
    const size_t order[] = {3, 1, 0, 2};
    struct upload upload;
    MUST(begin(c, &upload, "k", 4));
    for (size_t i = 0; i < 4; i++)
        MUST(upload_send(c, &upload, order[i]));
    MUST(upload_finish(c, &upload));
}

static void one_part(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k", 1));
    MUST(send_all(c, &upload));
    MUST(upload_finish(c, &upload));
}

static void equal_parts(struct check *c)
{
    struct upload upload;
    size_t size = upload_part_size(c);
    MUST(upload_begin(c, &upload, check_key(c, "k"), 2, size, size));
    MUST(send_all(c, &upload));
    MUST(upload_finish(c, &upload));
}

static void unequal_parts(struct check *c)
{
    struct upload upload;
    size_t size = upload_part_size(c);
    MUST(upload_begin(c, &upload, check_key(c, "k"), 3, size, size + 12345));
    upload.sizes[1] = size + 1;
    MUST(upload_refill(c, &upload));
    MUST(send_all(c, &upload));
    MUST(upload_finish(c, &upload));
}

static void gaps(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k", 3));
    upload.numbers[0] = 2;
    upload.numbers[1] = 3;
    upload.numbers[2] = 40;
    MUST(send_all(c, &upload));
    MUST(upload_finish(c, &upload));
}

struct sender {
    struct session s;
    pthread_t thread;
    struct upload *upload;
    size_t index;
    mb_status status;
};

static void *send_one(void *ctx)
{
    struct sender *sender = ctx;
    session_reset(&sender->s, 0);
    sender->status = upload_send_by(&sender->s, sender->upload, sender->index);
    return NULL;
}

static void in_parallel(struct check *c)
{
    enum { COUNT = 8 };
    struct upload upload;
    struct sender senders[COUNT];
    MUST(begin(c, &upload, "k", COUNT));
    for (size_t i = 0; i < COUNT; i++) {
        senders[i] = (struct sender){.upload = &upload, .index = i};
        session_share(&senders[i].s, c->s);
        if (pthread_create(&senders[i].thread, NULL, send_one, &senders[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < COUNT; i++) {
        pthread_join(senders[i].thread, NULL);
        if (senders[i].status != MB_OK)
            check_fail(c, "mpu_part of %d at once: %s", COUNT,
                       session_said(&senders[i].s, senders[i].status, c->arena));
        session_close(&senders[i].s);
    }
    MUST(c->outcome == PASSED);
    MUST(upload_finish(c, &upload));
}

static void sent_again(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k", 2));
    MUST(upload_send(c, &upload, 0));
    upload.data[0] ^= 0xff;
    MUST(upload_send(c, &upload, 0));
    MUST(upload_send(c, &upload, 1));
    MUST(upload_finish(c, &upload));
}

static void unused_part(struct check *c)
{
    struct upload upload;
    MUST(begin(c, &upload, "k", 3));
    MUST(send_all(c, &upload));
    upload.count = 2;
    upload.len = upload.sizes[0] + upload.sizes[1];
    MUST(upload_finish(c, &upload));
}

static void invisible(struct check *c)
{
    struct upload upload;
    struct listing listing;
    MUST(begin(c, &upload, "new", 2));
    MUST(send_all(c, &upload));
    MUST(must_be_absent(c, c->s, upload.key));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    EXPECT(listing.count == 0, "an unfinished upload is listed as '%s'", listing.entries[0].key);
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix, .delimiter = "/"}, &listing));
    EXPECT(listing.count == 0, "an unfinished upload is listed as '%s'", listing.entries[0].key);
    MUST(upload_finish(c, &upload));
}

static void over_another(struct check *c)
{
    struct upload upload;
    MUST(must_put_text(c, check_key(c, "k"), "the old one"));
    MUST(begin(c, &upload, "k", 2));
    MUST(send_all(c, &upload));
    MUST(must_hold_text(c, upload.key, "the old one"));
    MUST(upload_finish(c, &upload));
}

static void from_elsewhere(struct check *c)
{
    struct upload upload;
    struct session other;
    struct mb_stat stat;
    MUST(begin(c, &upload, "k", 2));
    MUST(upload_send(c, &upload, 0));
    MUST(must_open(c, &other));
    mb_status sent = upload_send_by(&other, &upload, 1);
    mb_status done =
        sent != MB_OK ? sent : slot_mpu_complete(&other, upload.key, upload.id, upload.parts, 2, &stat);
    const char *said = session_said(&other, done, c->arena);
    session_close(&other);
    EXPECT(done == MB_OK, "an upload that another store goes on with: %s", said);
    MUST(must_hold(c, c->s, upload.key, upload.data, upload.len));
}

static void odd_key(struct check *c)
{
    const char *names[] = {"a b+c", "100%/x", "\xc3\xa9", "a?b#c&d=e"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct upload upload;
        MUST(begin(c, &upload, names[i], 1));
        MUST(send_all(c, &upload));
        MUST(upload_finish(c, &upload));
    }
}

static void two_at_once(struct check *c)
{
    struct upload one, two;
    MUST(begin(c, &one, "k", 2));
    MUST(begin(c, &two, "k", 2));
    EXPECT(strcmp(one.id, two.id) != 0, "two uploads of one key have the same id");
    two.data[0] ^= 0xff;
    MUST(send_all(c, &one));
    MUST(send_all(c, &two));
    MUST(upload_finish(c, &one));
    MUST(upload_finish(c, &two));
}

/* As the host copies an object that is too large for one copy. */
static void copied_parts(struct check *c)
{
    struct upload upload;
    size_t size = upload_part_size(c);
    const char *source = check_key(c, "source");
    MUST(upload_begin_copied(c, &upload, check_key(c, "k"), 3, size, size / 2));
    MUST(must_put(c, c->s, source, upload.data, upload.len));
    for (size_t i = 0; i < upload.count; i++) {
        WANT(MB_OK, slot_mpu_copy_part(c->s, upload.key, upload.id, upload.numbers[i], c->s, source, i * size,
                                       upload.sizes[i], &upload.parts[i]));
        EXPECT(upload.parts[i].size == upload.sizes[i], "mpu_copy_part says %llu bytes, not %zu",
               (unsigned long long)upload.parts[i].size, upload.sizes[i]);
    }
    MUST(upload_finish(c, &upload));
}

static void copied_among_others(struct check *c)
{
    struct upload upload;
    size_t size = upload_part_size(c);
    const char *source = check_key(c, "source");
    MUST(upload_begin(c, &upload, check_key(c, "k"), 3, size, size / 2));
    /* The source holds the bytes of parts 1 and 3 with something around them. */
    size_t len = 10 + size + 20 + upload.sizes[2] + 5;
    uint8_t *data = check_data(c, len, 52);
    MUST(data != NULL);
    memcpy(data + 10, upload.data, size);
    memcpy(data + 10 + size + 20, upload.data + 2 * size, upload.sizes[2]);
    MUST(must_put(c, c->s, source, data, len));
    WANT(MB_OK, slot_mpu_copy_part(c->s, upload.key, upload.id, 3, c->s, source, 10 + size + 20,
                                   upload.sizes[2], &upload.parts[2]));
    MUST(upload_send(c, &upload, 1));
    WANT(MB_OK, slot_mpu_copy_part(c->s, upload.key, upload.id, 1, c->s, source, 10, size, &upload.parts[0]));
    EXPECT(upload.parts[0].size == size, "mpu_copy_part says %llu bytes, not %zu",
           (unsigned long long)upload.parts[0].size, size);
    MUST(upload_finish(c, &upload));
}

static void copied_from_nothing(struct check *c)
{
    struct upload upload;
    MUST(upload_begin_copied(c, &upload, check_key(c, "k"), 1, upload_part_size(c), 1000));
    WANT(MB_E_NOT_FOUND, slot_mpu_copy_part(c->s, upload.key, upload.id, 1, c->s, check_key(c, "none"), 0, 10,
                                            &upload.parts[0]));
    MUST(must_put_text(c, check_key(c, "short"), "0123456789"));
    mb_status status = slot_mpu_copy_part(c->s, upload.key, upload.id, 1, c->s, check_key(c, "short"), 5, 10,
                                          &upload.parts[0]);
    EXPECT(status < 0, "mpu_copy_part of more than there is succeeds");
}

const struct test multipart_tests[] = {
    {"multipart.in-order", "parts make an object", NEEDS_MULTIPART, in_order},
    {"multipart.out-of-order", "parts may come in any order", NEEDS_MULTIPART, out_of_order},
    {"multipart.one-part", "one part is enough, and the last may be short", NEEDS_MULTIPART, one_part},
    {"multipart.equal-parts", "the last part may be as long as the others", NEEDS_MULTIPART, equal_parts},
    {"multipart.unequal-parts", "parts may differ in size", NEEDS_MULTIPART, unequal_parts},
    {"multipart.gaps", "the numbers of parts may have gaps", NEEDS_MULTIPART, gaps},
    {"multipart.in-parallel", "eight parts at once", NEEDS_MULTIPART, in_parallel},
    {"multipart.sent-again", "a part sent again replaces the first one", NEEDS_MULTIPART, sent_again},
    {"multipart.unused-part", "a part that completing does not name is left out", NEEDS_MULTIPART,
     unused_part},
    {"multipart.invisible", "before it is completed an upload is no object and not listed", NEEDS_MULTIPART,
     invisible},
    {"multipart.over-another", "until then the old object is read", NEEDS_MULTIPART, over_another},
    {"multipart.from-elsewhere", "parts are plain data: another store can go on", NEEDS_MULTIPART,
     from_elsewhere},
    {"multipart.odd-keys", "uploads to odd keys", NEEDS_MULTIPART, odd_key},
    {"multipart.two-at-once", "two uploads of one key do not mix", NEEDS_MULTIPART, two_at_once},
    {"multipart.copied-parts", "an object may be made of copied parts alone, which begin is told",
     NEEDS_MULTIPART | NEEDS_PART_COPY, copied_parts},
    {"multipart.copied-among-others", "or of copied ranges of other objects among parts that were sent",
     NEEDS_MULTIPART | NEEDS_PART_COPY, copied_among_others},
    {"multipart.copied-from-nothing", "but not of what is not there", NEEDS_MULTIPART | NEEDS_PART_COPY,
     copied_from_nothing},
    {0},
};

/* data.c - bytes to store, and where they come from and go to. */
#include "check.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

void data_fill(uint8_t *buf, size_t len, uint32_t seed, uint64_t offset)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t x = (offset + i + 1) * UINT64_C(0x9e3779b97f4a7c15) + seed * UINT64_C(0xd1b54a32d192ed03);
        buf[i] = (uint8_t)((x ^ (x >> 29)) >> 17);
    }
}

void pause_ns(int64_t ns)
{
    struct timespec wait = {.tv_sec = ns / MB_NS_PER_S, .tv_nsec = ns % MB_NS_PER_S};
    if (ns > 0)
        nanosleep(&wait, NULL);
}

static mb_status give(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct giver *giver = ctx;
    giver->reads++;
    pause_ns(giver->pause_ns);
    if (giver->on_read != NULL)
        giver->on_read(giver);
    if (giver->at >= giver->fail_at)
        return MB_E_CALLBACK;
    size_t n = giver->len - giver->at;
    n = n > cap ? cap : n;
    n = n > giver->chunk ? giver->chunk : n;
    if (n > 0)
        memcpy(buf, giver->data + giver->at, n);
    giver->at += n;
    *nread = n;
    return MB_OK;
}

static mb_status give_again(void *ctx)
{
    struct giver *giver = ctx;
    giver->at = 0;
    return MB_OK;
}

struct mb_source giver_source(struct giver *giver, const void *data, size_t len)
{
    *giver = (struct giver){.data = data, .len = len, .chunk = SIZE_MAX, .fail_at = SIZE_MAX};
    return (struct mb_source){.struct_size = sizeof(struct mb_source),
                              .size = (int64_t)len,
                              .read = give,
                              .rewind = give_again,
                              .ctx = giver};
}

static mb_status take(void *ctx, const void *data, size_t len)
{
    struct taker *taker = ctx;
    taker->writes++;
    if (taker->refused)
        taker->written_after_refusal = true;
    pause_ns(taker->pause_ns);
    if (taker->on_write != NULL)
        taker->on_write(taker);
    if (taker->refused || taker->buf.len + len > taker->refuse_at) {
        taker->refused = true;
        return MB_E_CALLBACK;
    }
    return mb_buf_append(&taker->buf, data, len);
}

void taker_init(struct taker *taker)
{
    *taker = (struct taker){.refuse_at = SIZE_MAX};
    mb_buf_init(&taker->buf, (size_t)1 << 30);
}

void taker_done(struct taker *taker)
{
    mb_buf_done(&taker->buf);
}

struct mb_sink taker_sink(struct taker *taker)
{
    return (struct mb_sink){.struct_size = sizeof(struct mb_sink), .write = take, .ctx = taker};
}

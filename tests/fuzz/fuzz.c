/* fuzz.c - runs a target over its corpus: each file as it is, each of its beginnings, and rounds of it with
 * bytes changed.  The n-th round is the same in every run, so what fails can be run again alone.
 *
 * The target is written as libFuzzer wants it, so that it can be linked with that instead of with this file.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { MOST_BEGINNINGS = 400, MOST_CHANGES = 8 };

static uint64_t state;

/* SplitMix64 */
static uint64_t next_random(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The input is copied to memory of just its size, where reading beyond it is found out. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + (len == 0));
    if (copy == NULL)
        abort();
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void change(uint8_t *data, size_t len, unsigned round)
{
    static const char telling[] = "\"'{}[]<>&:,-*\\\n\t \0\xff";
    state = round;
    for (uint64_t changes = 1 + next_random() % MOST_CHANGES; len > 0 && changes > 0; changes--) {
        uint64_t random = next_random();
        uint8_t *at = &data[random % len];
        if ((random >> 32) % 2 == 0)
            *at = (uint8_t)telling[(random >> 40) % (sizeof(telling) - 1)];
        else
            *at = (uint8_t)(*at ^ (1U << ((random >> 40) % 8)));
    }
}

static void fuzz_file(const char *path, unsigned first, unsigned rounds)
{
    static uint8_t data[1 << 20], changed[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    size_t len = fread(data, 1, sizeof data, file);
    fclose(file);
    for (size_t end = 0, step = len / MOST_BEGINNINGS + 1; end < len; end += step)
        run(data, end);
    run(data, len);
    for (unsigned round = first; round < first + rounds; round++) {
        memcpy(changed, data, len);
        change(changed, len, round);
        run(changed, len);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s CORPUS [ROUNDS [FIRST]]\n", argv[0]);
        return 2;
    }
    DIR *corpus = opendir(argv[1]);
    unsigned files = 0;
    for (struct dirent *entry; corpus != NULL && (entry = readdir(corpus)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        fuzz_file(path, argc > 3 ? (unsigned)atoi(argv[3]) : 0, argc > 2 ? (unsigned)atoi(argv[2]) : 150);
        files++;
    }
    if (corpus != NULL)
        closedir(corpus);
    printf("%u files\n", files);
    return files > 0 ? 0 : 1;
}

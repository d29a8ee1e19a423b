/* Who may call: every kind of credential, right and wrong, while the file changes and many ask at once. */
#include "service/auth.h"

#include "base/clock.h"
#include "service/auth_limit.h"
#include "service/base64.h"
#include "service/credential.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
#define OTHER "0123456789abcdefghijklmnopqrstuvwxyzABCDEFg"

static char folder[64], path[96];
static struct mb_arena *arena;
static struct mb_error error;
static struct mb_caller caller;
static struct mb_auth *auth;

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/mb-auth-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/credentials", folder);
    arena = mb_arena_new();
    error = MB_ERROR_INIT;
    caller = (struct mb_caller){.address = "127.0.0.1"};
    auth = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    mb_auth_close(auth);
    mb_arena_free(arena);
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fchmod(fileno(file), 0600);
    fputs(text, file);
    fclose(file);
}

static char *token_line(const char *name, enum mb_role role, const char *token, int64_t expires_ns)
{
    const char *line;
    const struct mb_credential what = {
        .name = name, .role = role, .kind = MB_CREDENTIAL_TOKEN, .expires_ns = expires_ns};
    assert_int_equal(mb_credential_line(&what, token, arena, &line, &error), MB_OK);
    return mb_arena_printf(arena, "%s\n", line);
}

/* A line whose hash costs next to nothing, made without the code under test. */
static char *password_line(const char *name, const char *role, const char *password)
{
    static const unsigned char salt[16] = "sixteen letters.";
    unsigned char key[32];
    char encoded[48];
    assert_int_equal(
        EVP_PBE_scrypt(password, strlen(password), salt, sizeof salt, 1024, 1, 1, 0, key, sizeof key), 1);
    mb_base64_encode(key, sizeof key, encoded);
    return mb_arena_printf(arena, "%s:%s:password:$scrypt$ln=10,r=1,p=1$c2l4dGVlbiBsZXR0ZXJzLg$%s\n", name,
                           role, encoded);
}

static const char *basic_of(const char *pair, size_t len)
{
    char encoded[4096];
    EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)pair, (int)len);
    return mb_arena_printf(arena, "Basic %s", encoded);
}

static const char *basic(const char *pair)
{
    return basic_of(pair, strlen(pair));
}

static void open_auth(const char *token)
{
    const struct mb_auth_options options = {.credentials_file = path, .token = token};
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_OK);
}

static mb_status check(const char *authorization)
{
    return mb_auth_check(auth, authorization, "", arena, &caller, &error);
}

static void expect_caller(const char *authorization, const char *name, enum mb_role role)
{
    assert_int_equal(check(authorization), MB_OK);
    assert_string_equal(caller.name, name);
    assert_int_equal(caller.role, role);
}

static void expect_refused(const char *authorization)
{
    caller.name = "somebody";
    caller.role = MB_ROLE_WRITE;
    assert_int_equal(check(authorization), MB_E_UNAUTHENTICATED);
    assert_string_equal(caller.name, "");
    assert_int_equal(caller.role, MB_ROLE_NONE);
}

/* ------------------------------------------------------------------- credentials */

static void a_token_or_a_password_says_who_it_is(void **state)
{
    (void)state;
    write_file(mb_arena_printf(arena, "# who may\n\n%s%s",
                               password_line("alice", "write", "p\xc3\xa4ss:wort"),
                               token_line("ci", MB_ROLE_READ, TOKEN, 0)));
    open_auth("token-of-the-environment");
    assert_true(mb_auth_required(auth));
    expect_caller("Bearer " TOKEN, "ci", MB_ROLE_READ);
    expect_caller("bEARER   " TOKEN, "ci", MB_ROLE_READ);
    expect_caller("Bearer token-of-the-environment", "token", MB_ROLE_WRITE);
    expect_caller(basic("alice:p\xc3\xa4ss:wort"), "alice", MB_ROLE_WRITE);
    expect_caller(basic("alice:p\xc3\xa4ss:wort"), "alice", MB_ROLE_WRITE); /* from memory */
    assert_non_null(strstr(mb_auth_challenge(auth), "Basic"));
}

static void whoever_was_let_in_is_known_at_once(void **state)
{
    (void)state;
    const char *alice = basic("alice:right");
    write_file(mb_arena_printf(arena, "%s%s", password_line("alice", "write", "right"),
                               token_line("ci", MB_ROLE_READ, TOKEN, 0)));
    open_auth("short");
    assert_true(mb_auth_knows(auth, "Bearer " TOKEN, ""));
    assert_false(mb_auth_knows(auth, "Bearer " OTHER, ""));
    assert_false(mb_auth_knows(auth, "Bearer short", "")); /* or guesses would not be counted */
    assert_false(mb_auth_knows(auth, alice, ""));
    assert_false(mb_auth_knows(auth, "", ""));
    expect_caller(alice, "alice", MB_ROLE_WRITE);
    expect_caller("Bearer short", "token", MB_ROLE_WRITE);
    expect_refused(basic("alice:wrong"));
    assert_true(mb_auth_knows(auth, alice, ""));
    assert_true(mb_auth_knows(auth, "Bearer short", ""));
    assert_false(mb_auth_knows(auth, basic("alice:wrong"), ""));
}

static void what_is_wrong_or_malformed_is_refused(void **state)
{
    (void)state;
    write_file(mb_arena_printf(arena, "%s%s%s", password_line("alice", "write", "right"),
                               token_line("ci", MB_ROLE_READ, TOKEN, 0),
                               token_line("old", MB_ROLE_WRITE, OTHER, MB_NS_PER_S)));
    open_auth(NULL);
    char *huge = mb_arena_alloc(arena, 1 << 20, 1);
    memset(huge, 'A', (1 << 20) - 1);
    memcpy(huge, "Basic ", 6);
    const char *const wrong[] = {
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer" TOKEN,
        "Bearer\t" TOKEN,
        TOKEN,
        "Token " TOKEN,
        "Basic " TOKEN,
        "Bearer " TOKEN "x",
        "Bearer " TOKEN " ",
        "Bearer " TOKEN ", Bearer " TOKEN,
        "Bearer " OTHER, /* has expired */
        "Bearer 0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
        "Bearer 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG",
        "Bearer p\xc3\xa4ss",
        "Basic",
        "Basic ",
        "Basic YWxpY2U6cmlnaHQ===",
        "Basic YWxpY2U6cmlna*Q=",
        "Basic YWxp Y2U6cmlnaHQ=",
        "Basic YWxpY2U=",
        basic("alice:"),
        basic("alice:Right"),
        basic("Alice:right"),
        basic("bob:right"),
        basic(":right"),
        basic("alice:right "),
        basic_of("alice:right\0", 12),
        basic_of("alice\0:right", 12),
        basic("\xff\xfe:right"),
        huge,
        "Digest username=\"alice\", response=\"right\"",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        caller.address = mb_arena_printf(arena, "10.0.0.%zu", i); /* so that nobody has to wait */
        expect_refused(wrong[i]);
        assert_null(strstr(error.message, "right\"")); /* nothing of what was sent */
        assert_null(strstr(error.message, TOKEN));
    }
    expect_caller("Basic YWxpY2U6cmlnaHQ", "alice", MB_ROLE_WRITE); /* without padding */
}

static void a_certificate_is_needed_where_they_are_checked(void **state)
{
    (void)state;
    struct mb_auth_options options = {.credentials_file = "", .certificates = true};
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_OK);
    assert_true(mb_auth_required(auth));
    expect_refused("");
    assert_int_equal(mb_auth_check(auth, "", "gate way", arena, &caller, &error), MB_OK);
    assert_string_equal(caller.name, "gate way");
    assert_int_equal(caller.role, MB_ROLE_WRITE);
    mb_auth_close(auth);

    write_file(mb_arena_printf(arena, "gate way:read:certificate:\r\n%s",
                               token_line("ci", MB_ROLE_WRITE, TOKEN, 0)));
    options.credentials_file = path;
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_OK);
    expect_refused("Bearer " TOKEN);
    assert_int_equal(mb_auth_check(auth, "", "gate way", arena, &caller, &error), MB_OK);
    assert_int_equal(caller.role, MB_ROLE_READ);
    assert_int_equal(mb_auth_check(auth, "", "gate", arena, &caller, &error), MB_E_UNAUTHENTICATED);
    assert_int_equal(mb_auth_check(auth, "Bearer " OTHER, "gate way", arena, &caller, &error),
                     MB_E_UNAUTHENTICATED); /* what is shown counts */
    assert_int_equal(mb_auth_check(auth, "Bearer " TOKEN, "gate", arena, &caller, &error), MB_OK);
    assert_string_equal(caller.name, "ci");
}

static void without_credentials_everybody_may(void **state)
{
    (void)state;
    const struct mb_auth_options options = {.credentials_file = "", .token = ""};
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_OK);
    assert_false(mb_auth_required(auth));
    expect_caller("", "", MB_ROLE_WRITE);
    expect_caller("Bearer whatever", "", MB_ROLE_WRITE);
}

/* ---------------------------------------------------------------------- the file */

static void a_new_version_counts_at_once_and_a_broken_one_does_not(void **state)
{
    (void)state;
    write_file(token_line("ci", MB_ROLE_WRITE, TOKEN, 0));
    open_auth(NULL);
    expect_caller("Bearer " TOKEN, "ci", MB_ROLE_WRITE);
    for (int i = 0; i < 20; i++) { /* same length, same file, within one step of its clock */
        write_file(token_line("ci", MB_ROLE_WRITE, i % 2 == 0 ? OTHER : TOKEN, 0));
        expect_refused(i % 2 == 0 ? "Bearer " TOKEN : "Bearer " OTHER);
        expect_caller(i % 2 == 0 ? "Bearer " OTHER : "Bearer " TOKEN, "ci", MB_ROLE_WRITE);
    }
    write_file("ci:write:token:what was that hash again\n");
    expect_caller("Bearer " TOKEN, "ci", MB_ROLE_WRITE);
    unlink(path);
    expect_caller("Bearer " TOKEN, "ci", MB_ROLE_WRITE);
    write_file("# nobody\n");
    expect_refused("Bearer " TOKEN);
}

static void a_file_that_cannot_be_used_says_where_and_not_what(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "hunter2",
        "alice:hunter2",
        "alice:hunter2:password:x",
        "alice:none:password:x",
        "alice:write:hunter2:x",
        "alice:write:password:hunter2",
        "alice:write:password:$scrypt$ln=10,r=8,p=1$$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", /* no salt
                                                                                                    */
        "alice:write:password:$scrypt$ln=30,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$hunter2",
        "alice:write:password:$scrypt$ln=10,r=1,p=1$AAECAwQFBgcICQoLDA0ODw$hunter2",
        "alice:write:password:$sha256$00",
        "alice:write:token:$sha256$hunter2",
        "alice:write:token:hunter2",
        "alice:write:certificate:hunter2",
        "alice:write:certificate::hunter2",
        "schedule nightly:write:certificate:",
        ":write:certificate:",
        " alice:write:certificate:",
        "al\x01ice:write:certificate:",
        "al\xff:write:certificate:",
        "bob:write:certificate:",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const struct mb_auth_options options = {.credentials_file = path};
        write_file(mb_arena_printf(arena, "bob:read:certificate:\n\n%s\n", lines[i]));
        assert_int_equal(mb_auth_open(&auth, &options, &error), MB_E_CONFIG);
        assert_non_null(strstr(error.message, mb_arena_printf(arena, "%s:3: ", path)));
        assert_null(strstr(error.message, "hunter2"));
    }
}

static void a_file_that_others_may_write_is_not_used(void **state)
{
    (void)state;
    const struct mb_auth_options options = {.credentials_file = path};
    write_file(token_line("ci", MB_ROLE_WRITE, TOKEN, 0));
    assert_int_equal(chmod(path, 0620), 0);
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_E_CONFIG);
    assert_int_equal(chmod(path, 0602), 0);
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_E_CONFIG);
    write_file("");
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_E_CONFIG);
    unlink(path);
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_E_CONFIG);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(mb_auth_open(&auth, &options, &error), MB_E_CONFIG);
    rmdir(path);
    const struct mb_auth_options blank = {.credentials_file = "", .token = "with a blank"};
    assert_int_equal(mb_auth_open(&auth, &blank, &error), MB_E_CONFIG);
    assert_null(strstr(error.message, "with a blank"));
}

static void a_line_that_is_made_lets_in_its_secret(void **state)
{
    (void)state;
    struct mb_credential read;
    const char *line;
    char token[MB_CREDENTIAL_TOKEN_TEXT], second[MB_CREDENTIAL_TOKEN_TEXT];
    const struct mb_credential what = {.name = "alice",
                                       .role = MB_ROLE_READ,
                                       .kind = MB_CREDENTIAL_PASSWORD,
                                       .expires_ns = 1798761600 * MB_NS_PER_S};
    assert_int_equal(mb_credential_line(&what, "secret", arena, &line, &error), MB_OK);
    assert_true(mb_text_ends_with(line, ":2027-01-01T00:00:00Z"));
    assert_int_equal(mb_credential_parse(line, arena, &read, &error), MB_OK);
    assert_int_equal(read.expires_ns, what.expires_ns);
    assert_true(mb_credential_matches(&read, "secret", 6));
    assert_int_equal(mb_credential_make_token(token, &error), MB_OK);
    assert_int_equal(mb_credential_make_token(second, &error), MB_OK);
    assert_int_equal(strlen(token), 43);
    assert_string_not_equal(token, second);
}

/* ---------------------------------------------------------------------- guessing */

static void guesses_of_one_address_wait_and_nobody_else_does(void **state)
{
    (void)state;
    write_file(mb_arena_printf(arena, "%s%s", password_line("alice", "write", "right"),
                               token_line("ci", MB_ROLE_READ, TOKEN, 0)));
    open_auth("short");
    expect_caller(basic("alice:right"), "alice", MB_ROLE_WRITE);
    mb_status status = MB_OK;
    for (int i = 0; i < 2 * MB_AUTH_LIMIT_GUESSES && status != MB_E_THROTTLED; i++)
        status = check(basic(mb_arena_printf(arena, "alice:guess %d", i)));
    assert_int_equal(status, MB_E_THROTTLED);
    assert_in_range(error.retry_after_ms, 1, 1000);
    assert_int_equal(check("Bearer shart"), MB_E_THROTTLED);
    assert_int_equal(check("Bearer short"), MB_E_THROTTLED); /* a lucky guess is not known to be one */
    expect_refused(basic("alice:guess 0"));                  /* costs nothing: it is known */
    expect_refused("Bearer " OTHER);                         /* nobody guesses such a one */
    expect_caller(basic("alice:right"), "alice", MB_ROLE_WRITE);
    expect_caller("Bearer " TOKEN, "ci", MB_ROLE_READ);
    caller.address = "127.0.0.2";
    expect_caller("Bearer short", "token", MB_ROLE_WRITE);
    expect_refused(basic("alice:guess 99"));
}

static void an_address_gets_its_guesses_back_with_time(void **state)
{
    (void)state;
    struct mb_auth_limit *limit = test_calloc(1, sizeof *limit);
    int64_t now = 1000 * MB_NS_PER_S;
    for (int i = 0; i < MB_AUTH_LIMIT_GUESSES; i++) {
        assert_int_equal(mb_auth_limit_wait(limit, "2001:db8::1", now), 0);
        mb_auth_limit_count(limit, "2001:db8::2", now); /* of the same network */
    }
    assert_in_range(mb_auth_limit_wait(limit, "2001:db8::1", now), 1, 1001);
    assert_int_equal(mb_auth_limit_wait(limit, "2001:db8:0:1::1", now), 0);
    assert_int_equal(mb_auth_limit_wait(limit, "not an address", now), 0);
    assert_int_equal(mb_auth_limit_wait(limit, "2001:db8::1", now + 2 * MB_NS_PER_S), 0);
    for (int i = 0; i < 2 * MB_AUTH_LIMIT_ADDRESSES; i++) {
        char other[24];
        snprintf(other, sizeof other, "10.1.%d.%d", i / 256, i % 256);
        mb_auth_limit_count(limit, other, now + 60 * MB_NS_PER_S);
    }
    assert_int_equal(mb_auth_limit_wait(limit, "2001:db8::1", now), 0); /* forgotten */
    test_free(limit);
}

/* ---------------------------------------------------------------------- at once */

enum { THREADS = 6, ROUNDS = 60 };

static void *ask(void *ctx)
{
    const char *const *headers = ctx;
    for (int i = 0; i < ROUNDS; i++) {
        struct mb_error own = MB_ERROR_INIT;
        struct mb_arena *mine = mb_arena_new();
        struct mb_caller me = {.address = "10.9.9.9"};
        mb_status status = mb_auth_check(auth, headers[i % 3], "", mine, &me, &own);
        bool told = i % 3 < 2 ? status == MB_OK || status == MB_E_THROTTLED : status == MB_E_UNAUTHENTICATED;
        mb_arena_free(mine);
        if (!told)
            return ctx;
    }
    return NULL;
}

static void many_may_ask_while_the_file_changes(void **state)
{
    (void)state;
    const char *file = mb_arena_printf(arena, "%s%s", password_line("alice", "write", "right"),
                                       token_line("ci", MB_ROLE_READ, TOKEN, 0));
    const char *headers[] = {basic("alice:right"), "Bearer " TOKEN, "Bearer " OTHER};
    pthread_t threads[THREADS];
    write_file(file);
    open_auth(NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, headers), 0);
    char *beside = mb_arena_printf(arena, "%s.new", path), *real = mb_arena_strdup(arena, path);
    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof path, "%s", beside);
        write_file(mb_arena_printf(arena, "%s# %d\n", file, i));
        assert_int_equal(rename(beside, real), 0);
    }
    snprintf(path, sizeof path, "%s", real);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

/* ------------------------------------------------------------------------ chance */

static uint32_t chance(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Headers and lines with changed bytes: nothing but the right one comes in, and nothing falls over. */
static void no_changed_byte_comes_in(void **state)
{
    (void)state;
    uint32_t seed = 7;
    write_file(mb_arena_printf(arena, "%s%s", password_line("alice", "write", "right"),
                               token_line("ci", MB_ROLE_READ, TOKEN, 0)));
    open_auth(NULL);
    const char *const right[] = {"Bearer " TOKEN, basic("alice:right")};
    for (int i = 0; i < 3000; i++) {
        char *header = mb_arena_strdup(arena, right[i % 2]);
        size_t at = chance(&seed) % strlen(header);
        header[at] = (char)chance(&seed);
        mb_status status = check(header);
        if (strcasecmp(header, right[i % 2]) != 0 ||
            strncmp(header + 6, right[i % 2] + 6, strlen(header)) != 0)
            assert_true(status == MB_E_UNAUTHENTICATED || status == MB_E_THROTTLED);
    }
    for (int i = 0; i < 3000; i++) {
        struct mb_credential out;
        char *line = password_line("alice", "write", "right");
        line[strlen(line) - 1] = '\0';
        line[chance(&seed) % strlen(line)] = (char)chance(&seed);
        mb_credential_parse(line, arena, &out, &error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_or_a_password_says_who_it_is, begin, end),
        cmocka_unit_test_setup_teardown(whoever_was_let_in_is_known_at_once, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_or_malformed_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_certificate_is_needed_where_they_are_checked, begin, end),
        cmocka_unit_test_setup_teardown(without_credentials_everybody_may, begin, end),
        cmocka_unit_test_setup_teardown(a_new_version_counts_at_once_and_a_broken_one_does_not, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_used_says_where_and_not_what, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_others_may_write_is_not_used, begin, end),
        cmocka_unit_test_setup_teardown(a_line_that_is_made_lets_in_its_secret, begin, end),
        cmocka_unit_test_setup_teardown(guesses_of_one_address_wait_and_nobody_else_does, begin, end),
        cmocka_unit_test_setup_teardown(an_address_gets_its_guesses_back_with_time, begin, end),
        cmocka_unit_test_setup_teardown(many_may_ask_while_the_file_changes, begin, end),
        cmocka_unit_test_setup_teardown(no_changed_byte_comes_in, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

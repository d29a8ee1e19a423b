#include "cli/password.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LOOK_MS = 100 };

/* Waits so that Ctrl-C is heard in time to turn the terminal's echo on again. */
static mb_status read_byte(struct mb_cancel *cancel, int fd, char *byte, ssize_t *got, struct mb_error *error)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, LOOK_MS) == 0)
        if (mb_cancel_requested(cancel))
            return mb_fail(error, MB_E_CANCELLED, "no password was given");
    *got = read(fd, byte, 1);
    return *got < 0 ? mb_fail_errno(error, errno, "read the password") : MB_OK;
}

/* Byte by byte, so that nothing of what stands behind the line stays in memory. */
static mb_status read_line(struct mb_cancel *cancel, int fd, char out[MB_PASSWORD], struct mb_error *error)
{
    size_t len = 0;
    ssize_t got = 0;
    char byte;
    for (;;) {
        MB_TRY(read_byte(cancel, fd, &byte, &got, error));
        if (got == 0 || byte == '\n')
            break;
        if (len == MB_PASSWORD - 1)
            return mb_fail(error, MB_E_INVALID, "the password has more than %d bytes", MB_PASSWORD - 1);
        out[len++] = byte;
    }
    if (len > 0 && out[len - 1] == '\r')
        len--;
    out[len] = '\0';
    return strlen(out) == len ? MB_OK : mb_fail(error, MB_E_INVALID, "the password holds a byte 0");
}

static mb_status ask_once(struct mb_cancel *cancel, FILE *prompts, const char *prompt, char out[MB_PASSWORD],
                          struct mb_error *error)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return mb_fail_errno(error, errno, "turn off the terminal's echo");
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return mb_fail_errno(error, errno, "turn off the terminal's echo");
    fputs(prompt, prompts);
    fflush(prompts);
    mb_status status = read_line(cancel, STDIN_FILENO, out, error);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    fputc('\n', prompts);
    return status;
}

mb_status mb_password_ask(struct mb_cancel *cancel, FILE *prompts, char out[MB_PASSWORD],
                          struct mb_error *error)
{
    char again[MB_PASSWORD] = "";
    if (!isatty(STDIN_FILENO))
        return read_line(cancel, STDIN_FILENO, out, error);
    MB_TRY(ask_once(cancel, prompts, "Password: ", out, error));
    mb_status status = ask_once(cancel, prompts, "Once more: ", again, error);
    if (status == MB_OK && strcmp(out, again) != 0)
        status = mb_fail(error, MB_E_INVALID, "that was not twice the same password");
    explicit_bzero(again, sizeof again);
    return status;
}

mb_status mb_password_read(struct mb_cancel *cancel, const char *path, char out[MB_PASSWORD],
                           struct mb_error *error)
{
    if (strcmp(path, "-") == 0)
        return read_line(cancel, STDIN_FILENO, out, error);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mb_fail_errno(error, errno, "%s", path);
    mb_status status = read_line(cancel, fd, out, error);
    mb_file_close(fd);
    return status;
}

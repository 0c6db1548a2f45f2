/* The ends of the standard streams: nothing that was lost goes unnoticed. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal.h"

/* Opens a closed standard stream the wrong way round: what is read or written there fails. */
static void keep_place(int descriptor, int wrong_way)
{
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF)
        (void)!open("/dev/null", wrong_way); /* takes the lowest number, which is `descriptor` */
}

static int write_error; /* errno of the first write to standard output that failed */

bool output_write(const void *bytes, size_t size)
{
    errno = 0;
    if (fwrite(bytes, 1, size, stdout) == size)
        return true;
    if (write_error == 0)
        write_error = errno;
    return false;
}

static void close_output(void)
{
    int failed = ferror(stdout);
    errno = 0;
    if (fclose(stdout) != 0 || failed) {
        int error = write_error ? write_error : errno;
        const char *reason = error ? strerror(error) : "an earlier write failed";
        output_message("cannot write to standard output: %s", reason);
        _exit(EXIT_FAILED);
    }
}

void output_open(void)
{
    keep_place(STDIN_FILENO, O_WRONLY);
    keep_place(STDOUT_FILENO, O_RDONLY);
    keep_place(STDERR_FILENO, O_RDONLY);
    atexit(close_output);
}

void output_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs(terminal_is_live(stderr) ? "\r\033[Kgommir: " : "gommir: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

enum exit_status output_file(const char *path, const void *bytes, size_t size)
{
    errno = 0;
    FILE *file = fopen(path, "wbx");
    if (!file) {
        output_message("cannot create '%s': %s", path, strerror(errno));
        return EXIT_FAILED;
    }
    bool written = fwrite(bytes, 1, size, file) == size;
    if (fclose(file) == 0 && written)
        return EXIT_DONE;
    output_message("cannot write '%s': %s", path, strerror(errno));
    remove(path);
    return EXIT_FAILED;
}

/* Into a file that is open, with the rights of a new one. Returns 0 or an errno. */
static int fill(int file, const void *bytes, size_t size)
{
    const char *at = bytes;
    const mode_t mask = umask(0);
    umask(mask);
    while (size > 0) {
        const ssize_t written = write(file, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        at += written;
        size -= (size_t)written;
    }
    return fchmod(file, 0666 & ~mask) == 0 && fsync(file) == 0 ? 0 : errno;
}

bool output_is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

enum exit_status output_replace(const char *path, const void *bytes, size_t size)
{
    char temporary[PATH_MAX];
    if (output_is_standard(path))
        return output_write(bytes, size) ? EXIT_DONE : EXIT_FAILED;
    const int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    const int file = length < 0 || (size_t)length >= sizeof temporary ? -1 : mkstemp(temporary);
    if (file < 0) {
        output_message("cannot create '%s': %s", path, strerror(errno));
        return EXIT_FAILED;
    }
    int error = fill(file, bytes, size);
    if (close(file) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(temporary, path) != 0)
        error = errno;
    if (error == 0)
        return EXIT_DONE;
    output_message("cannot write '%s': %s", path, strerror(error));
    unlink(temporary);
    return EXIT_FAILED;
}

static void pass_warning(void *user, enum gmr_log_level level, const char *message)
{
    (void)user;
    if (level == GMR_LOG_WARNING)
        output_message("warning: %s", message);
}

struct gmr_logger output_logger(void)
{
    return (struct gmr_logger){ .write = pass_warning };
}

/* Terminals: what they can show, and text made safe for them. */
#include "terminal.h"

#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

bool terminal_is_live(FILE *stream)
{
    const char *type = getenv("TERM");
    return isatty(fileno(stream)) && type && *type && strcmp(type, "dumb") != 0;
}

bool terminal_has_color(FILE *stream)
{
    const char *unwanted = getenv("NO_COLOR");
    return !(unwanted && *unwanted) && terminal_is_live(stream);
}

bool terminal_has_blocks(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

size_t terminal_width(FILE *stream)
{
    struct winsize window;
    if (ioctl(fileno(stream), TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
        return 80;
    return window.ws_col;
}

/* Blocks of one to eight eighths of a column. */
static const char blocks[8][4] = { "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };

size_t terminal_bar(char *text, size_t size, double share, size_t width)
{
    const size_t parts = terminal_has_blocks() ? 8 : 1;
    double wanted = share * (double)(width * parts);
    size_t filled = !(wanted > 0)                      ? 0
                    : wanted < (double)(width * parts) ? (size_t)lround(wanted)
                                                       : width * parts;
    size_t columns = 0, used = 0;
    for (; filled > 0 && used + sizeof blocks[0] <= size; columns++) {
        size_t part = filled < parts ? filled : parts;
        const char *cell = parts == 1 ? "#" : blocks[part - 1];
        used = (size_t)(stpcpy(text + used, cell) - text);
        filled -= part;
    }
    text[used] = '\0';
    return columns;
}

/* One character of `text`: its bytes, or 1 when they are none; and what stands for it. */
static size_t next_character(const char *text, mbstate_t *state, wchar_t *shown)
{
    size_t length = mbrtowc(shown, text, strlen(text), state);
    if (length == (size_t)-1 || length == (size_t)-2 || length == 0) {
        *state = (mbstate_t){ 0 };
        *shown = L'?';
        return 1;
    }
    if (!iswprint((wint_t)*shown) || wcwidth(*shown) < 0)
        *shown = L'?';
    return length;
}

/* Prints when `stream` is not NULL. */
static size_t show(FILE *stream, const char *text)
{
    mbstate_t state = { 0 };
    size_t columns = 0;
    while (*text) {
        wchar_t shown;
        size_t length = next_character(text, &state, &shown);
        if (stream && shown == L'?')
            fputc('?', stream);
        else if (stream)
            fwrite(text, 1, length, stream);
        columns += (size_t)wcwidth(shown);
        text += length;
    }
    return columns;
}

size_t terminal_print(FILE *stream, const char *text)
{
    return show(stream, text);
}

size_t terminal_columns(const char *text)
{
    return show(NULL, text);
}

void terminal_print_padded(const char *text, size_t width)
{
    size_t columns = terminal_print(stdout, text);
    printf("%*s", columns < width ? (int)(width - columns) : 0, "");
}

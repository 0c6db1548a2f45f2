/* A JSON writer. */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct json json_start(FILE *out)
{
    return (struct json){ .out = out, .first = true };
}

static void put_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7F)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

/* What stands before a value. */
static void put_key(struct json *json, const char *key)
{
    if (!json->first)
        fputc(',', json->out);
    json->first = false;
    if (key) {
        put_string(json->out, key);
        fputc(':', json->out);
    }
}

void json_open(struct json *json, const char *key, char bracket)
{
    put_key(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->first = true;
}

void json_close(struct json *json, char bracket)
{
    fputc(bracket, json->out);
    json->first = false;
    if (--json->depth == 0)
        fputc('\n', json->out);
}

void json_text(struct json *json, const char *key, const char *text)
{
    put_key(json, key);
    put_string(json->out, text);
}

void json_null(struct json *json, const char *key)
{
    put_key(json, key);
    fputs("null", json->out);
}

void json_flag(struct json *json, const char *key, bool value)
{
    put_key(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_count(struct json *json, const char *key, uint64_t value)
{
    put_key(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void json_number(struct json *json, const char *key, double value)
{
    char text[32] = "null";
    for (int digits = 1; isfinite(value) && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    put_key(json, key);
    fputs(text, json->out);
}

void json_single(struct json *json, const char *key, float value)
{
    char text[32] = "null";
    for (int digits = 1; isfinite(value) && digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    put_key(json, key);
    fputs(text, json->out);
}

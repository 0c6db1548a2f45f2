/* Writes one JSON value to a stream, on one line. Members come in the order of the calls.
 *
 *     struct json json = json_start(stdout);
 *     json_open(&json, NULL, '{');
 *     json_count(&json, "items", 3);
 *     json_open(&json, "rate", '[');
 *     json_number(&json, NULL, 0.5);
 *     json_close(&json, ']');
 *     json_close(&json, '}');            prints {"items":3,"rate":[0.5]} and a newline
 *
 * `key` is NULL inside an array and for the outermost value. Write errors stay on the stream. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    unsigned depth;
    bool first; /* nothing yet in the innermost open value */
};

struct json json_start(FILE *out);

void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);

/* `text` is UTF-8. */
void json_text(struct json *json, const char *key, const char *text);
void json_null(struct json *json, const char *key);
void json_flag(struct json *json, const char *key, bool value);
void json_count(struct json *json, const char *key, uint64_t value);

/* The fewest digits that give `value` again; null when it is not finite. */
void json_number(struct json *json, const char *key, double value);

/* The same for a number in single precision: the fewest digits that give that one again. */
void json_single(struct json *json, const char *key, float value);

#endif

/* How measurements with their intervals are printed, of whatever kind of model. */
#include <stdio.h>

#include "evaluate.h"
#include "json.h"

void evaluate_json_interval(struct json *json, const char *key, struct gmr_estimate e)
{
    json_open(json, key, '[');
    json_number(json, NULL, e.low);
    json_number(json, NULL, e.high);
    json_close(json, ']');
}

void evaluate_print_estimate(struct gmr_estimate e, double scale, int digits, int columns)
{
    char text[3 * 32];
    if (e.value != e.value)
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "%.*f%s (%.*f - %.*f)", digits, scale * e.value,
                 scale > 1 ? " %" : "", digits, scale * e.low, digits, scale * e.high);
    printf("%*s", columns, text);
}

/* Pages of HTML: each is one file that holds all that it shows. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdio.h>

#include <gommir/catalogue.h>

#include "command.h"

/* The beginning of a page, up to what stands in <body>; `style` is CSS besides what all pages have.
 * Neither is escaped. */
void page_begin(FILE *out, const char *title, const char *style);

void page_text(FILE *out, const char *text);

/* An item as a <figure>: its picture, or that there is none, `role`, which is HTML, and its title.
 */
enum gmr_status page_item(FILE *out, struct gmr_catalogue *catalogue, size_t position,
                          const char *role);

/* Writes a page, whole or not at all; says why when it cannot. `put` writes all of it. */
typedef enum gmr_status page_put(FILE *out, struct gmr_catalogue *catalogue, const void *page);
enum exit_status page_write(struct gmr_catalogue *catalogue, page_put *put, const void *page,
                            const char *path);

#endif

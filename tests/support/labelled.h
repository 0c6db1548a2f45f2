/* A catalogue of items with pictures that can be told apart and attributes to classify them by, in
 * the test's scratch directory:
 *
 *   item i        key "item-0007", title "h item 7": letters in turn
 *   colour        red, green, blue in turn; items with i % 7 == 0 have "white" besides, those with
 *                 i % 11 == 0 have none
 *   kind          bag when i % 4 is 0, else shoe
 *   maker         Acme
 *   picture       a JPEG of one shade; none when i % 8 == 4; bytes that are none when i % 16 == 7
 *   splits        "all"; "odd", in falling order; "bare", those without picture; "broken"
 */
#ifndef SUPPORT_LABELLED_H
#define SUPPORT_LABELLED_H

#include <stddef.h>

/* Makes SCRATCH/shop. Ends the program when that fails. */
void labelled_create(size_t items);

#endif

/* What critics look at, and captioners as critics, when something goes wrong: the disk gets full,
 * memory runs out. The call says so, holds nothing, and the next one does what this one could not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/captioner_critic.h"
#include "simulator/pair_items.h"
#include "support/faults.h"
#include "support/pictured.h"
#include "support/process.h"
#include "support/resnet_file.h"
#include "support/scratch.h"
#include "support/seeing.h"
#include "support/support.h"

enum { FEW = 6, MANY = 60 };

static char encoder[PATH_MAX], resnet[PATH_MAX], captioner[PATH_MAX], digest[DIGEST_HEX];

static int setup(void **state)
{
    scratch_setup(state);
    snprintf(encoder, sizeof encoder, "%s", in_scratch("encoder"));
    snprintf(resnet, sizeof resnet, "%s", in_scratch("resnet"));
    snprintf(captioner, sizeof captioner, "%s", in_scratch("captioner"));
    resnet_file_write(resnet, NULL);
    seeing_put_encoder("encoder", digest);
    seeing_put_captioner("captioner", CAPTIONER_SHOW_ATTEND_TELL, SEEING_CHANNELS, digest);
    return 0;
}

/* What a test does with open regions. */
typedef enum gmr_status use_regions(const struct gmr_allocator *allocator, struct compute *compute,
                                    struct catalogue *catalogue, const struct regions *regions);

static enum gmr_status with_regions(const struct gmr_allocator *allocator,
                                    const struct gmr_allocator *later, const char *weights,
                                    use_regions *use)
{
    struct compute *compute = NULL;
    struct catalogue *catalogue = NULL;
    struct regions *regions = NULL;
    const struct regions_options options = { .weights = weights, .threads = 1 };
    enum gmr_status status = compute_create_reference(allocator, &compute);
    if (status == GMR_OK)
        status = catalogue_open(allocator, in_scratch("shop"), &catalogue);
    if (status == GMR_OK)
        status = regions_open(compute, allocator, catalogue, &options, &regions);
    if (status == GMR_OK && use)
        status = use(later, compute, catalogue, regions);
    regions_close(regions);
    catalogue_close(catalogue);
    compute_destroy(compute);
    return status;
}

/* ---- full disk ---- */

/* An encoder's small maps would fit. */
static bool finds_no_room(void)
{
    return with_regions(NULL, NULL, resnet, NULL) == GMR_ERR_IO &&
           strstr(gmr_error_message(), "shop/regions/") != NULL &&
           strstr(gmr_error_message(), "File too large") != NULL;
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    static const size_t room[] = { 34000, 40000 };
    pictured_create(0, MANY, GMR_NO_ITEM);
    for (size_t i = 0; i < sizeof room / sizeof *room; i++)
        assert_true(with_full_disk(room[i], finds_no_room));
    assert_int_equal(with_regions(NULL, NULL, resnet, NULL), GMR_OK);
}

static bool is_refused(void)
{
    return with_regions(NULL, NULL, encoder, NULL) == GMR_ERR_IO &&
           strstr(gmr_error_message(), "shop/regions") != NULL &&
           strstr(gmr_error_message(), "Permission denied") != NULL;
}

static bool is_up_to_date(void)
{
    return with_regions(NULL, NULL, encoder, NULL) == GMR_OK;
}

static void what_may_not_be_written_is_told(void **state)
{
    (void)state;
    pictured_create(0, FEW, GMR_NO_ITEM); /* all sound, or without picture */
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
    assert_int_equal(chmod(in_scratch("shop"), 0555), 0);
    assert_true(as_ordinary_user(is_refused));
    assert_int_equal(chmod(in_scratch("shop"), 0755), 0);
    assert_int_equal(with_regions(NULL, NULL, encoder, NULL), GMR_OK);
    assert_int_equal(chmod(in_scratch("shop"), 0555), 0);
    assert_true(as_ordinary_user(is_up_to_date));
    assert_int_equal(chmod(in_scratch("shop"), 0755), 0);
}

/* ---- out of memory ---- */

static void forget(void)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf %s", in_scratch("shop/regions"));
    assert_int_equal(system(command), 0);
}

static enum gmr_status make_regions(const struct gmr_allocator *allocator, const void *network)
{
    forget();
    return with_regions(allocator, NULL, network, NULL);
}

static void making_regions(void **state)
{
    (void)state;
    pictured_create(0, FEW, GMR_NO_ITEM);
    assert_true(fail_each_allocation(make_regions, encoder, true) > 50);
    assert_true(fail_each_allocation(make_regions, resnet, false) > 50);
}

static enum gmr_status criticise(const struct gmr_allocator *allocator, struct compute *compute,
                                 struct catalogue *catalogue, const struct regions *regions)
{
    const struct captioner_critic_options options = { .weights = captioner };
    const struct critic_pair pairs[] = { { 0, 1 }, { 1, 0 }, { 2, 5 } };
    char texts[3][CRITIC_TEXT];
    struct pair_items items;
    struct critic *critic;
    TRY(captioner_critic_create(compute, allocator, regions, &options, &critic));
    enum gmr_status status = critic->critiques(critic, pairs, NULL, 3, texts);
    critic->destroy(critic);
    if (status == GMR_OK)
        status = pair_items_init(&items, allocator, catalogue, NULL, digest, regions);
    if (status == GMR_OK)
        pair_items_release(&items);
    return status;
}

static enum gmr_status look_and_criticise(const struct gmr_allocator *allocator,
                                          const void *subject)
{
    (void)subject;
    return with_regions(NULL, allocator, encoder, criticise);
}

static void criticising(void **state)
{
    (void)state;
    pictured_create(0, FEW, GMR_NO_ITEM);
    for (int stays_failed = 0; stays_failed < 2; stays_failed++)
        assert_true(fail_each_allocation(look_and_criticise, NULL, stays_failed) > 10);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_is_told),
        TEST(what_may_not_be_written_is_told),
        TEST(making_regions),
        TEST(criticising),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

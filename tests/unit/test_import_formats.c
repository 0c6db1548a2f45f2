/* Each format in miniature: what becomes of its records, pictures, splits and captions, and what
 * is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue/catalogue.h"
#include "catalogue/export.h"
#include "catalogue/import/import.h"
#include "support/importing.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

static struct gmr_import_report report;

static void assert_import(enum gmr_import_format format, const char *source, const char *column,
                          const char *pictures)
{
    const enum gmr_status status = import_scratch(format, source, column, pictures, &report);
    if (status != GMR_OK)
        print_error("%s\n", gmr_error_message());
    assert_int_equal(status, GMR_OK);
}

static void assert_refused(enum gmr_import_format format, const char *source, const char *column,
                           const char *pictures, enum gmr_status status, const char *part)
{
    assert_int_equal(import_scratch(format, source, column, pictures, &report), status);
    assert_message(part);
    assert_int_not_equal(access(in_scratch("shop"), F_OK), 0);
}

/* ---- folder ---- */

static void a_folder_of_pictures(void **state)
{
    (void)state;
    put_folder("pictures/men/shoes");
    put_folder("pictures/.hidden");
    put_jpeg("pictures/men/shoes/red_shoe-1.jpg", 30, 20, 100);
    put_jpeg("pictures/b.JPG", 600, 300, 90);
    put_jpeg("pictures/.hidden/c.jpg", 10, 10, 90);
    put_jpeg("pictures/.d.jpg", 10, 10, 90);
    put_scratch("pictures/broken.png", "no picture");
    put_scratch("pictures/old.gif", "GIF89a");
    put_scratch("pictures/notes.txt", "text");
    assert_import(GMR_IMPORT_FOLDER, "pictures", NULL, NULL);
    assert_string_equal(imported_keys(NULL), "b.JPG men/shoes/red_shoe-1.jpg");
    assert_string_equal(imported("men/shoes/red_shoe-1.jpg"),
                        "red shoe 1 /  / folder=men, folder=shoes /  / JPEG 30x20 file");
    assert_string_equal(imported("b.JPG"), "b /  /  /  / JPEG 600x300 file");
    assert_int_equal(report.added, 2);
    assert_int_equal(report.skipped, 2);
    assert_int_equal(report.broken_pictures, 1);
    const char *problems = imported_problems(&report);
    assert_non_null(strstr(problems, "\npicture\tbroken.png\tbroken.png\t"));
    assert_non_null(strstr(problems, "broken.png' is no JPEG, PNG or WebP\n"));
    assert_non_null(strstr(problems, "record\told.gif\told.gif\tGIF pictures cannot be read\n"));
}

static void a_folder_with_a_table(void **state)
{
    (void)state;
    put_folder("pictures/x");
    put_jpeg("pictures/a.jpg", 4, 4, 1);
    put_jpeg("pictures/x/b.jpg", 4, 4, 2);
    put_jpeg("pictures/x/c.jpg", 4, 4, 3);
    put_scratch("pictures/attributes.csv", "file,Colour,title,split\n"
                                           "a.jpg,red,Apple,train;test\n"
                                           "x/b,blue,,\n"
                                           "./x/c.jpg,,C,\n"
                                           "gone.jpg,green,,\n"
                                           "a.jpg,pink,Again,\n");
    assert_import(GMR_IMPORT_FOLDER, "pictures", NULL, NULL);
    assert_string_equal(imported("a.jpg"), "Apple /  / colour=red / train, test / JPEG 4x4 file");
    assert_string_equal(imported("x/b.jpg"), "b /  / folder=x, colour=blue /  / JPEG 4x4 file");
    assert_string_equal(imported("x/c.jpg"), "C /  / folder=x /  / JPEG 4x4 file");
    assert_int_equal(report.skipped, 2);
    assert_non_null(strstr(imported_problems(&report), "record\tgone.jpg\tattributes.csv:5\t"));
    assert_non_null(strstr(imported_problems(&report), "record\ta.jpg\tattributes.csv:6\t"));
    assert_import(GMR_IMPORT_FOLDER, "pictures", "shade=Colour", NULL);
    assert_string_equal(imported("a.jpg"), "Apple /  / shade=red / train, test / JPEG 4x4 file");
}

static void folders_that_cannot_be_imported(void **state)
{
    (void)state;
    put_folder("empty");
    put_scratch("file", "");
    assert_refused(GMR_IMPORT_FOLDER, "empty", NULL, NULL, GMR_ERR_FORMAT, "no usable item");
    assert_refused(GMR_IMPORT_FOLDER, "file", NULL, NULL, GMR_ERR_FORMAT, "is no folder");
    assert_refused(GMR_IMPORT_FOLDER, "gone", NULL, NULL, GMR_ERR_NOT_FOUND, "gone");
    assert_refused(GMR_IMPORT_FOLDER, "empty", NULL, "empty", GMR_ERR_RANGE, "in itself");
    assert_refused(GMR_IMPORT_FOLDER, "empty", "a=b", NULL, GMR_ERR_NOT_FOUND, "no column 'b'");
    assert_refused(GMR_IMPORT_FORMATS, "empty", NULL, NULL, GMR_ERR_RANGE, "no import format");
}

/* ---- tables ---- */

static void a_csv_table(void **state)
{
    (void)state;
    put_folder("img");
    put_jpeg("img/1.jpg", 300, 40, 1);
    put_scratch("t.csv", "sku,name,description,image_url,price,sleeveLength,split\n"
                         "s1,First,\"Good, cheap\",https://shop/img/1.jpg?x,9.5,long,train\n"
                         "s2,Second,,,7,,\n"
                         "s3,Third,,https://shop/img/3.jpg,7,,\n"
                         ",No key,,,7,,\n"
                         "s2,Again,,,8,,\n"
                         "s5,too short\n"
                         "s6,Climbs,,../../secret.jpg,8,,\n");
    assert_import(GMR_IMPORT_CSV, "t.csv", NULL, "img");
    assert_string_equal(imported_keys(NULL), "s1 s2");
    assert_string_equal(
        imported("s1"),
        "First / Good, cheap / price=9.5, sleeve length=long / train / JPEG 300x40 file");
    assert_string_equal(imported("s2"), "Second /  / price=7 /  / none");
    assert_int_equal(report.skipped, 5);
    assert_int_equal(report.missing_pictures, 1);
    assert_int_equal(report.broken_pictures, 1);
    const char *problems = imported_problems(&report);
    assert_non_null(strstr(problems, "picture\ts3\tt.csv:4\tno picture '3.jpg'\n"));
    assert_non_null(strstr(problems, "record\t\tt.csv:5\tno key\n"));
    assert_non_null(strstr(problems, "record\ts2\tt.csv:6\tkey 's2' comes twice\n"));
    assert_non_null(strstr(problems, "record\t\tt.csv:7\t2 fields where the first line has 7\n"));
    assert_non_null(strstr(problems, "picture\ts6\tt.csv:8\t'../../secret.jpg' leads out"));
}

static void a_table_of_json_lines(void **state)
{
    (void)state;
    size_t size;
    void *jpeg = make_jpeg(8, 6, 9, &size);
    const struct zip_content entries[] = { { "p/1.jpg", jpeg, size, NULL }, { .name = NULL } };
    put_zip("z.zip", entries);
    free(jpeg);
    put_scratch("t.jsonl",
                "{\"id\":1,\"title\":\"One\",\"picture\":\"p/1.jpg\",\"splits\":[\"a;b\",\"c\"],"
                "\"tags\":[\"x\",\"y\"],\"attributes\":{\"Fit\":\"slim\",\"sizes\":[1,2.5]}}\n"
                "{\"id\":\n"
                "{\"title\":\"no key\"}\n"
                "{\"id\":\"two\"}\n");
    assert_import(GMR_IMPORT_JSONL, "t.jsonl", NULL, "z.zip");
    assert_string_equal(imported("1"), "One /  / tags=x, tags=y, Fit=slim, sizes=1, sizes=2.5 / "
                                       "a;b, c / JPEG 8x6 stored");
    assert_string_equal(imported("two"), " /  /  /  / none");
    assert_int_equal(report.skipped, 2);
    assert_non_null(strstr(imported_problems(&report), "record\t\tt.jsonl:2\tcannot parse"));
}

static void tables_that_cannot_be_imported(void **state)
{
    (void)state;
    put_folder("folder");
    put_scratch("t.csv", "colour,fit\nred,slim\n");
    put_scratch("t.jsonl", "[{\"id\":1}]\n");
    assert_refused(GMR_IMPORT_CSV, "t.csv", NULL, NULL, GMR_ERR_FORMAT,
                   "expected are a first line of column names");
    assert_message("the first because t.csv:2: no key");
    assert_refused(GMR_IMPORT_CSV, "t.csv", "key=size", NULL, GMR_ERR_NOT_FOUND, "'size'");
    assert_refused(GMR_IMPORT_CSV, "t.csv", "key", NULL, GMR_ERR_RANGE, "'key' is neither");
    assert_refused(GMR_IMPORT_JSONL, "t.jsonl", NULL, NULL, GMR_ERR_FORMAT, "not a JSON object");
    assert_refused(GMR_IMPORT_CSV, "folder", NULL, NULL, GMR_ERR_FORMAT, "is a folder");
    assert_refused(GMR_IMPORT_CSV, "t.csv", NULL, "nowhere", GMR_ERR_NOT_FOUND, "nowhere");
    assert_refused(GMR_IMPORT_CSV, "t.csv", NULL, "t.jsonl", GMR_ERR_FORMAT, "zip file");
}

/* ---- out and in again ---- */

static bool write_line(void *user, const char *line, size_t length)
{
    return fwrite(line, 1, length, user) == length;
}

/* Exports SCRATCH/shop to a file, with pictures in a folder, and moves the catalogue away. */
static void export_shop(const char *file, const char *pictures)
{
    struct catalogue *catalogue;
    char folder[PATH_MAX], away[PATH_MAX];
    FILE *out = fopen(in_scratch(file), "w");
    const struct gmr_line_writer writer = { write_line, out };
    snprintf(folder, sizeof folder, "%s", in_scratch(pictures));
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(catalogue_export(catalogue, folder, &writer, NULL), GMR_OK);
    catalogue_close(catalogue);
    fclose(out);
    snprintf(away, sizeof away, "%s.old", file);
    assert_int_equal(rename(in_scratch("shop"), in_scratch(away)), 0);
}

static void what_was_exported_comes_back(void **state)
{
    (void)state;
    static const char *const keys[] = { "a b/c", "2", "3" };
    char before[3][1000];
    put_jpeg("x.jpg", 300, 9, 7);
    put_scratch("t.jsonl", "{\"key\":\"a b/c\",\"title\":\"  T \\\"x\\\"\",\"description\":\"two\\n"
                           "lines\",\"attributes\":{\"Key\":\"k\",\"price\":\"1e+20\",\"n\":[3,"
                           "\"03\",2.50],\"name\":\"x\",\"size\":0.1},\"splits\":[\"b\",\"a\"],"
                           "\"picture\":\"x.jpg\"}\n"
                           "{\"key\":2,\"attributes\":{\"t\":true,\"u\":\"\\u00e9\"}}\n"
                           "{\"key\":\"3\",\"splits\":[\"a\"]}\n");
    assert_import(GMR_IMPORT_JSONL, "t.jsonl", NULL, NULL);
    for (size_t i = 0; i < 3; i++)
        snprintf(before[i], sizeof before[i], "%s", imported(keys[i]));
    assert_string_equal(before[0], "  T \"x\" / two\nlines / Key=k, price=1e+20, n=3, n=03, n=2.5, "
                                   "name=x, size=0.1 / b, a / JPEG 300x9 file");
    export_shop("again.jsonl", "out");
    assert_import(GMR_IMPORT_JSONL, "again.jsonl", NULL, "out");
    assert_string_equal(report.problems, "");
    assert_string_equal(imported_keys(NULL), "a b/c 2 3");
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(imported(keys[i]), before[i]);
    assert_string_equal(imported_keys("a"), "a b/c 3");
}

/* ---- fashion-products ---- */

#define SHIRT                                                                                     \
    "\"productDisplayName\":\"Puma  Men Shirt\",\"brandName\":\"Puma\",\"ageGroup\":"             \
    "\"Kids-Boys\",\"gender\":\"Men\",\"baseColour\":\"Navy Blue\",\"colour1\":\"Navy Blue\","    \
    "\"colour2\":\"Off White\",\"fashionType\":\"Core\",\"season\":\"Summer\",\"year\":\"2012\"," \
    "\"usage\":\"Casual\",\"price\":895,\"discountedPrice\":599.5,"
#define SHIRT_ATTRIBUTES                                                                     \
    "\"articleAttributes\":{\"Fit\":\"Loose\",\"Body or Garment Size\":\"To-Fit\",\"Sleeve " \
    "Styling\":\"No Sleeves\",\"Sleeve Length\":\"Sleeveless\",\"Occasion\":\"Everyday\","   \
    "\"Neck\":\"NA\",\"Fabric\":\"Pure Cotton\",\"Fabric 2\":\"Cotton\"}"
#define SHIRT_IMPORTED                                                                            \
    "category=t-shirt, kind=topwear, department=apparel, colour=navy blue, second "               \
    "colour=off-white, gender=boys, age group=kids, brand=Puma, occasion=casual, season=summer, " \
    "year=2012, price=895, discounted price=599.5, fit=loose fit, sleeve length=sleeveless, "     \
    "fabric=cotton"

/* The first byte of the SHA-1 decides: "1" 35 train, "6" c1 test, "15" f1 test, "2" da test. */
static void products_in_one_file(void **state)
{
    (void)state;
    size_t size;
    void *jpeg = make_jpeg(60, 80, 9, &size);
    const struct zip_content entries[] = { { "images/1.jpg", jpeg, size, NULL },
                                           { "images/2.jpg", jpeg, size, NULL },
                                           { "images/4.jpg", jpeg, 50, NULL },
                                           { .name = NULL } };
    put_folder("fp");
    put_zip("fp/images.zip", entries);
    free(jpeg);
    put_scratch("fp/styles.jsonl",
                "{\"id\":1," SHIRT "\"masterCategory\":\"Apparel\",\"subCategory\":\"Topwear\","
                "\"articleType\":\"Tshirts\"," SHIRT_ATTRIBUTES
                ",\"description\":\"<b>Soft</b> piqu\\u00c3\\u00a9 &amp; light\"}\n"
                "{\"id\":\"2\",\"masterCategory\":\"Footwear\",\"gender\":\"Women\",\"price\":10,"
                "\"discountedPrice\":10,\"baseColour\":\"NA\",\"colour1\":\"\"}\n"
                "{\"id\":3,\"masterCategory\":\"Accessories\"}\n"
                "{\"id\":4,\"masterCategory\":\"Accessories\"}\n"
                "{\"id\":\"../5\"}\n"
                "{\"id\":1}\n");
    assert_import(GMR_IMPORT_FASHION_PRODUCTS, "fp", NULL, NULL);
    assert_string_equal(imported("1"), "Puma Men Shirt / Soft piqu\u00E9 & light / " SHIRT_IMPORTED
                                       " / train, topwear.train, all.train / JPEG 60x80 stored");
    assert_string_equal(imported("2"), " /  / department=footwear, gender=women, price=10 / test, "
                                       "footwear.test, all.test / JPEG 60x80 stored");
    assert_int_equal(report.added, 2);
    assert_int_equal(report.skipped, 4);
    assert_int_equal(report.missing_pictures, 1);
    assert_int_equal(report.broken_pictures, 1);
    assert_non_null(strstr(imported_problems(&report),
                           "record\t../5\tstyles.jsonl:5\tno id, or one that is no number\n"));
    assert_non_null(
        strstr(imported_problems(&report), "picture\t4\tstyles.jsonl:4\tcannot decode"));
}

static void products_as_published(void **state)
{
    (void)state;
    put_folder("fp/styles");
    put_folder("fp/images");
    for (int i = 1; i <= 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "fp/images/%d.jpg", i);
        put_jpeg(name, 60, 80, (unsigned char)i);
    }
    put_scratch("fp/styles.csv",
                "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
                "productDisplayName\n"
                "1,Men,Apparel,Topwear,Tshirts,Navy Blue,Summer,2012,Casual,Puma Men Shirt\n"
                "2,Men,Apparel,Bottomwear,Jeans,Blue,Fall,2011,Casual,Blue, very blue jeans\n"
                "3,Men,Apparel,Bottomwear,Jeans,Blue,Fall,2011,Casual,Damaged\n"
                "4,Men\n");
    put_scratch("fp/styles/1.json",
                "{\"meta\":{\"code\":200},\"data\":{\"id\":1," SHIRT
                "\"masterCategory\":{\"id\":9,\"typeName\":\"Apparel\"},\"subCategory\":{"
                "\"typeName\":\"Topwear\"},\"articleType\":{\"typeName\":\"Tshirts\"}," //
                SHIRT_ATTRIBUTES ",\"productDescriptors\":{\"description\":{\"value\":"
                "\"<p>Soft</p><p>piqu&eacute;</p>\"}}}}");
    put_scratch("fp/styles/3.json", "{\"data\":[]}");
    assert_import(GMR_IMPORT_FASHION_PRODUCTS, "fp", NULL, NULL);
    assert_string_equal(imported("1"), "Puma Men Shirt / Soft piqu\u00E9 / " SHIRT_IMPORTED
                                       " / train, topwear.train, all.train / JPEG 60x80 file");
    assert_string_equal(imported("2"),
                        "Blue,very blue jeans /  / category=jeans, kind=bottomwear, "
                        "department=apparel, colour=blue, gender=men, occasion=casual, "
                        "season=fall, year=2011 / test, all.test / JPEG 60x80 file");
    assert_int_equal(report.skipped, 2);
    assert_non_null(strstr(imported_problems(&report),
                           "record\t3\tstyles/3.json\t'styles/3.json' has no object \"data\""));
    assert_non_null(strstr(imported_problems(&report), "styles.csv:5\t2 fields"));
}

static void folders_without_products_are_refused(void **state)
{
    (void)state;
    put_folder("fp");
    assert_refused(GMR_IMPORT_FASHION_PRODUCTS, "fp", NULL, NULL, GMR_ERR_FORMAT,
                   "neither styles.jsonl nor styles.csv");
    assert_refused(GMR_IMPORT_FASHION_PRODUCTS, "fp", "key=id", NULL, GMR_ERR_RANGE,
                   "cannot be chosen");
    put_scratch("fp/styles.jsonl", "{\"id\":1}\n");
    assert_refused(GMR_IMPORT_FASHION_PRODUCTS, "fp", NULL, NULL, GMR_ERR_FORMAT,
                   "no usable item: expected are styles.jsonl");
}

/* ---- captions ---- */

static void fashioniq(void **state)
{
    (void)state;
    put_folder("fiq/captions");
    put_folder("fiq/image_splits");
    put_folder("fiq/filter_splits");
    put_folder("fiq/images");
    put_jpeg("fiq/images/A1.jpg", 5, 5, 1);
    put_scratch("fiq/image_splits/split.dress.train.json", "[\"A2\",\"A1\",7]");
    put_scratch("fiq/image_splits/split.toptee.val.json", "[\"A1\",\"A3\"]");
    put_scratch("fiq/filter_splits/split.dress.train.filter.json", "[\"A1.jpg\",\"A4.png\"]");
    put_scratch("fiq/image_splits/split.dress.val.filter.json", "[\"A2.jpg\"]");
    put_scratch("fiq/captions/cap.dress.train.json",
                "[{\"target\":\"A1\",\"candidate\":\"A2\",\"captions\":[\" is red \",\"longer\"]},"
                "{\"target\":\"A5\",\"candidate\":\"A2\",\"captions\":[\"\",\"is blue\"]},"
                "{\"candidate\":\"A2\"},3]");
    put_scratch("fiq/captions/cap.dress.test.json",
                "[{\"candidate\":\"A3\",\"captions\":[\"shorter\"]}]");
    assert_import(GMR_IMPORT_FASHIONIQ, "fiq", NULL, NULL);
    assert_string_equal(imported_keys(NULL), "A2 A1 A4 A5 A3");
    assert_string_equal(imported("A1"), "dress A1 /  / category=dress, category=top / dress.train, "
                                        "dress.train.filter, toptee.val / JPEG 5x5 file");
    assert_string_equal(imported("A5"), "dress A5 /  / category=dress /  / none");
    assert_string_equal(imported_keys("dress.train"), "A2 A1");
    assert_string_equal(imported_keys("dress.train.filter"), "A1 A4");
    assert_string_equal(imported_keys("dress.val.filter"), "A2");
    assert_string_equal(imported_captions(),
                        "dress.train 0 A2>A1: is red; dress.train 0 A2>A1: longer; "
                        "dress.train 1 A2>A5: is blue; dress.test 2 A3>?: shorter");
    assert_int_equal(report.captions, 4);
    assert_int_equal(report.skipped_captions, 3);
    assert_int_equal(report.skipped, 1);
    assert_int_equal(report.missing_pictures, 4);
    assert_int_equal(report.splits, 4);
}

static void shoes(void **state)
{
    (void)state;
    put_folder("shoes/images");
    put_jpeg("shoes/images/img_womens_rain_boots_2.jpg", 5, 5, 1);
    put_scratch("shoes/train_im_names.txt",
                "img_womens_rain_boots_2.jpg\r\nimg_womens_clogs_10.jpg\n\n");
    put_scratch("shoes/eval_im_names.txt", "img_womens_pumps_3.jpg");
    put_scratch("shoes/split.shoe.train.filter.json", "[\"img_womens_clogs_10.jpg\"]");
    put_scratch("shoes/captions_shoes.json",
                "[{\"ImageName\":\"img_womens_clogs_10.jpg\",\"Caption\":\"wooden\"},{}]");
    put_scratch("shoes/relative_captions_shoes.json",
                "[{\"ImageName\":\"img_womens_clogs_10.jpg\",\"ReferenceImageName\":"
                "\"img_womens_rain_boots_2.jpg\",\"RelativeCaption\":\"of wood\"},"
                "{\"ImageName\":\"img_womens_pumps_3.jpg\",\"ReferenceImageName\":\"odd.jpg\","
                "\"RelativeCaption\":\"higher\"},{\"ImageName\":\"odd.jpg\"}]");
    assert_import(GMR_IMPORT_SHOES, "shoes", NULL, NULL);
    assert_string_equal(imported("img_womens_rain_boots_2"),
                        "rain boots 2 /  / category=rain boots / shoe.train / JPEG 5x5 file");
    assert_string_equal(
        imported("img_womens_clogs_10"),
        "clogs 10 / wooden / category=clogs / shoe.train, shoe.train.filter / none");
    assert_string_equal(imported("odd"), "odd /  /  /  / none");
    assert_string_equal(imported_keys("shoe.val"), "img_womens_pumps_3");
    assert_string_equal(imported_keys("shoe.test"), "img_womens_pumps_3");
    assert_string_equal(imported_captions(),
                        "shoe.train 0 img_womens_rain_boots_2>img_womens_clogs_10: of wood; "
                        "shoe.val 1 odd>img_womens_pumps_3: higher");
    assert_int_equal(report.skipped_captions, 2);
}

static void folders_without_captions_are_refused(void **state)
{
    (void)state;
    put_folder("nothing");
    assert_refused(GMR_IMPORT_FASHIONIQ, "nothing", NULL, NULL, GMR_ERR_FORMAT,
                   "captions/cap.T.S.json");
    assert_refused(GMR_IMPORT_SHOES, "nothing", NULL, NULL, GMR_ERR_FORMAT,
                   "relative_captions_shoes.json");
    put_folder("nothing/captions");
    put_scratch("nothing/captions/cap.dress.val.json", "{}");
    assert_refused(GMR_IMPORT_FASHIONIQ, "nothing", NULL, NULL, GMR_ERR_FORMAT, "no JSON array");
}

static void formats_have_names(void **state)
{
    (void)state;
    for (enum gmr_import_format f = 0; f < GMR_IMPORT_FORMATS; f++)
        assert_int_equal(import_format_find(import_format_name(f)), f);
    assert_string_equal(import_format_name(GMR_IMPORT_FASHION_PRODUCTS), "fashion-products");
    assert_null(import_format_name(GMR_IMPORT_FORMATS));
    assert_int_equal(import_format_find("xls"), GMR_IMPORT_FORMATS);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_of_pictures),
        TEST(a_folder_with_a_table),
        TEST(folders_that_cannot_be_imported),
        TEST(a_csv_table),
        TEST(a_table_of_json_lines),
        TEST(tables_that_cannot_be_imported),
        TEST(what_was_exported_comes_back),
        TEST(products_in_one_file),
        TEST(products_as_published),
        TEST(folders_without_products_are_refused),
        TEST(fashioniq),
        TEST(shoes),
        TEST(folders_without_captions_are_refused),
        TEST(formats_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

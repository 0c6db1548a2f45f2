/* Pickles of programs other than PyTorch: protocol 0, of Python 2 and 3, and objects of classes
 * that are not known here, which stay opaque. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/message.h"
#include "tensor/pickle.h"

static struct arena arena;
static struct pickle pickle;

static int make_arena(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0);
    pickle = (struct pickle){ .arena = &arena };
    return 0;
}

static int release_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Bytes end where the memory ends, so that a sanitizer sees one read too far. Values that are built
 * borrow from them: the caller frees *bytes. */
static enum gmr_status run_bytes(const char *program, size_t size, char **bytes,
                                 const struct pickle_value **value)
{
    size_t used;
    *bytes = malloc(size > 0 ? size : 1);
    memcpy(*bytes, program, size);
    return pickle_run(&pickle, *bytes, size, &used, value);
}

static void assert_text(const char *program, const char *expected)
{
    const struct pickle_value *value;
    char *bytes;
    if (run_bytes(program, strlen(program), &bytes, &value) != GMR_OK)
        fail_msg("'%s': %s", program, gmr_error_message());
    assert_true(pickle_is_text(value, expected));
    free(bytes);
}

static void assert_refused(const char *program, enum gmr_status code, const char *message)
{
    const struct pickle_value *value;
    char *bytes;
    assert_int_equal(run_bytes(program, strlen(program), &bytes, &value), code);
    assert_message(message);
    free(bytes);
}

/* A whole program in static memory. */
static const struct pickle_value *run(const char *program)
{
    const struct pickle_value *value;
    size_t used;
    if (pickle_run(&pickle, program, strlen(program), &used, &value) != GMR_OK)
        fail_msg("'%s': %s", program, gmr_error_message());
    return value;
}

/* ---- protocol 0 ---- */

static void strings_of_python_2(void **state)
{
    (void)state;
    assert_text("S'plain'\n.", "plain");
    assert_text("S\"it's\"\np0\n.", "it's");
    assert_text("S''\n.", "");
    assert_text("S'a\\tb\\n\\\\\\'\\x41\\101'\n.", "a\tb\n\\'AA");
    assert_text("S'caf\\xc3\\xa9'\n.", "caf\xC3\xA9");
    assert_int_equal(run("S'caf\\xe9'\n.")->kind, PICKLE_BYTES);
    assert_refused("S'a\n.", GMR_ERR_FORMAT, "not in quotes");
    assert_refused("S'a\"\n.", GMR_ERR_FORMAT, "not in quotes");
    assert_refused("S'\n.", GMR_ERR_FORMAT, "not in quotes");
    assert_refused("Sa\n.", GMR_ERR_FORMAT, "not in quotes");
    assert_refused("S'\\x4'\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("S'\\'\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("S'\\777'\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("S'a'", GMR_ERR_FORMAT, "ends early");
}

static void texts_with_escapes(void **state)
{
    (void)state;
    assert_text("Vplain\n.", "plain");
    assert_text("V\n.", "");
    assert_text("Vcaf\xE9\n.", "caf\xC3\xA9"); /* Latin-1 */
    assert_text("V\\u4f60\\u000a\\u005c\n.", "\xE4\xBD\xA0\n\\");
    assert_text("V\\U0001F600\n.", "\xF0\x9F\x98\x80");
    assert_text("V\\ud83d\\ude00\n.", "\xF0\x9F\x98\x80");
    assert_text("Va\\b\\\n.", "a\\b\\");
    assert_refused("V\\u4f6\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("V\\ud83d\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("V\\ude00\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("V\\ud83d\\u0041\n.", GMR_ERR_FORMAT, "escape that is none");
    assert_refused("V\\U00110000\n.", GMR_ERR_FORMAT, "escape that is none");
}

static void assert_real(const char *program, double expected)
{
    const struct pickle_value *value = run(program);
    assert_int_equal(value->kind, PICKLE_FLOAT);
    assert_true(value->real == expected);
}

static void numbers_in_lines(void **state)
{
    (void)state;
    assert_real("F0.5\n.", 0.5);
    assert_real("F-1e-05\n.", -1e-5);
    assert_real("Finf\n.", HUGE_VAL);
    assert_real("F-inf\n.", -HUGE_VAL);
    assert_true(isnan(run("Fnan\n.")->real));
    assert_refused("F\n.", GMR_ERR_FORMAT, "a number");
    assert_refused("F[1]\n.", GMR_ERR_FORMAT, "a number is none");
    assert_refused("F\"a\"\n.", GMR_ERR_FORMAT, "a number is none");
    assert_refused("F1e999\n.", GMR_ERR_FORMAT, "a number");
}

static void containers_of_protocol_0(void **state)
{
    (void)state;
    const struct pickle_value *value = run("(lp0\nI1\naI2\na.");
    assert_int_equal(value->kind, PICKLE_LIST);
    assert_int_equal(value->items.count, 2);
    value = run("(I1\nI2\nI3\nl.");
    assert_int_equal(value->items.count, 3);
    value = run("(dp0\nS'1'\np1\nS'are'\np2\nsS'2'\ng2\ns.");
    assert_true(pickle_is_text(pickle_find(value, "2"), "are"));
    value = run("(S'a'\nI1\nd.");
    assert_int_equal(pickle_find(value, "a")->integer, 1);
    assert_refused("(I1\nd.", GMR_ERR_FORMAT, "a key of a dict has no value");
    assert_refused("I1\nl.", GMR_ERR_FORMAT, "no mark");
    assert_refused("Ng1\n.", GMR_ERR_FORMAT, "nothing in its memo at 1");
    assert_refused("Np-1\n.", GMR_ERR_FORMAT, "its memo holds more than");
    assert_refused("Npx\n.", GMR_ERR_FORMAT, "'x' is no number");
}

/* ---- opaque objects ---- */

#define PROGRAM(text)            \
    {                            \
        (text), sizeof(text) - 1 \
    }

struct program {
    const char *text;
    size_t size;
};

static const struct pickle_value *run_opaque(struct program program)
{
    const struct pickle_value *value;
    size_t used;
    pickle.opaque = true;
    if (pickle_run(&pickle, program.text, program.size, &used, &value) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_int_equal(used, program.size);
    return value;
}

/* What argparse makes, as each protocol writes it. */
static void namespaces_keep_their_state(void **state)
{
    (void)state;
    static const struct program programs[] = {
        PROGRAM("ccopy_reg\n_reconstructor\np0\n(cargparse\nNamespace\np1\nc__builtin__\nobject\n"
                "p2\nNtp3\nRp4\n(dp5\nVN_enc\np6\nI6\nsb."),
        PROGRAM("\x80\2cargparse\nNamespace\nq\1)\x81q\2}q\3(U\5N_encq\4K\6ub."),
        PROGRAM("\x80\2cargparse\nNamespace\n)\x81}X\5\0\0\0N_encK\6sb."),
        PROGRAM("\x80\4\x8C\10argparse\x94\x8C\11Namespace\x94\x93\x94)\x81\x94}\x94\x8C\5N_enc"
                "\x94K\6sb."),
        PROGRAM("\x80\4\x8C\10argparse\x8C\11Namespace\x93)}\x92}\x8C\5N_encK\6sb."),
        PROGRAM("(iargparse\nNamespace\np0\n(dp1\nS'N_enc'\nI6\nsb."), /* a class of old style */
        PROGRAM("(cargparse\nNamespace\noq\1}U\5N_encK\6sb."),
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const struct pickle_value *value = run_opaque(programs[i]);
        assert_int_equal(value->kind, PICKLE_OBJECT);
        assert_non_null(value->state);
        const struct pickle_value *layers = pickle_find(value->state, "N_enc");
        assert_non_null(layers);
        assert_int_equal(layers->integer, 6);
    }
}

/* Whatever is made of classes and functions nobody knows is one object, and the rest is there. */
static void what_is_not_known_is_opaque(void **state)
{
    (void)state;
    static const struct program programs[] = {
        PROGRAM("}(U\1acnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\2f8K\0K\1tR(K\3U\1<NNNJ"
                "\xFF\xFF\xFF\xFFJ\xFF\xFF\xFF\xFFK\0tbU\10\0\0\0\0\0\0\0\0tRU\1bK\2u."),
        PROGRAM("}(U\1accollections\ndefaultdict\n(c__builtin__\nint\ntR(U\1xK\1uU\1bK\2u."),
        PROGRAM("}(U\1acmy\nList\n)\x81(K\1K\2eU\1bK\2u."),
        PROGRAM("}(U\1acmy\nList\n)\x81K\1aU\1bK\2u."),
        PROGRAM("}(U\1acmy\nDict\n)\x81K\1K\2sU\1bK\2u."),
        PROGRAM("\x80\4}(U\1a\x8F(K\1K\2\x90U\1bK\2u."),
        PROGRAM("\x80\4}(U\1a(K\1K\2\x91U\1bK\2u."),
        PROGRAM("}(U\1ac__builtin__\nset\n((lK\1atRU\1bK\2u."),
        PROGRAM("}(U\1ac__builtin__\ngetattr\n(cos\nsystem\nU\1xtR(U\4echotRU\1bK\2u."),
        PROGRAM("}(U\1actorch._utils\n_rebuild_tensor_v2\n(NK\0)))tRU\1bK\2u."),
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const struct pickle_value *value = run_opaque(programs[i]);
        assert_int_equal(pickle_find(value, "a")->kind, PICKLE_OBJECT);
        assert_int_equal(pickle_find(value, "b")->integer, 2);
    }
    const struct pickle_value *ordered =
        run_opaque((struct program)PROGRAM("ccollections\nOrderedDict\n)RU\1aK\1s."));
    assert_int_equal(pickle_find(ordered, "a")->integer, 1);
    assert_int_equal(
        run_opaque((struct program)PROGRAM("c_codecs\nencode\n(U\1aU\6latin1tR."))->kind,
        PICKLE_BYTES);
}

static void opaque_objects_are_no_excuse(void **state)
{
    (void)state;
    pickle.opaque = true;
    assert_refused("c\n\n)\x81}b}b.", GMR_ERR_FORMAT, "gives a state to what takes none");
    assert_refused("cos\nsystem\nNR.", GMR_ERR_FORMAT, "the arguments of a call are no tuple");
    assert_refused("N)R.", GMR_ERR_FORMAT, "calls what cannot be called");
    assert_refused("](K\1\x90.", GMR_ERR_FORMAT, "no set at the top");
    assert_refused("\x8F\x90.", GMR_ERR_FORMAT, "no mark on its stack");
    assert_refused("(o.", GMR_ERR_FORMAT, "an object without a class");
    assert_refused("(ios\n", GMR_ERR_FORMAT, "ends early");
    assert_refused("c\n\n)\x92.", GMR_ERR_FORMAT, "empty stack");
    assert_refused("Pid\n.", GMR_ERR_UNSUPPORTED, "opcode 0x50");
    assert_refused("\x82\1.", GMR_ERR_UNSUPPORTED, "opcode 0x82");
}

static void sets_and_objects_are_refused_without(void **state)
{
    (void)state;
    assert_refused("\x8F.", GMR_ERR_UNSUPPORTED, "opcode 0x8F");
    assert_refused("\x8F(\x90.", GMR_ERR_UNSUPPORTED, "opcode 0x8F");
    assert_refused("(\x91.", GMR_ERR_UNSUPPORTED, "opcode 0x91");
    assert_refused("N)}\x92.", GMR_ERR_UNSUPPORTED, "opcode 0x92");
    assert_refused("(No.", GMR_ERR_UNSUPPORTED, "opcode 0x6F");
    assert_refused("cargparse\nNamespace\n.", GMR_ERR_UNSUPPORTED, "argparse.Namespace");
}

static void opaque_pickles_cut_anywhere_are_refused(void **state)
{
    (void)state;
    static const char program[] =
        "\x80\4cargparse\nNamespace\n)\x81}(V\\u00e9\nF0.5\nS'a\\x41'\np1\n(lg1\naub.";
    pickle.opaque = true;
    for (size_t size = 0; size + 1 < sizeof program; size++) {
        const struct pickle_value *value;
        char *bytes;
        assert_int_equal(run_bytes(program, size, &bytes, &value), GMR_ERR_FORMAT);
        free(bytes);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_arena, release_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strings_of_python_2),
        TEST(texts_with_escapes),
        TEST(numbers_in_lines),
        TEST(containers_of_protocol_0),
        TEST(namespaces_keep_their_state),
        TEST(what_is_not_known_is_opaque),
        TEST(opaque_objects_are_no_excuse),
        TEST(sets_and_objects_are_refused_without),
        TEST(opaque_pickles_cut_anywhere_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

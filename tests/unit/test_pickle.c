/* The pickle machine: what each opcode builds, what is refused and with which words, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/corpus.h"
#include "support/message.h"
#include "support/support.h"
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

/* A string literal with its length. */
#define PROGRAM(text) (text), sizeof(text) - 1

static const struct pickle_value *run(const char *program, size_t size)
{
    const struct pickle_value *value;
    size_t used;
    if (pickle_run(&pickle, program, size, &used, &value) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_int_equal(used, size);
    return value;
}

static void assert_refused(const char *program, size_t size, enum gmr_status code,
                           const char *message)
{
    const struct pickle_value *value;
    size_t used;
    char *bytes = malloc(size > 0 ? size : 1); /* a sanitizer sees one byte read too far */
    memcpy(bytes, program, size);
    const enum gmr_status status = pickle_run(&pickle, bytes, size, &used, &value);
    free(bytes);
    if (status != code)
        fail_msg("status %d instead of %d, expected \"%s\"", status, code, message);
    assert_message(message);
}

static const struct pickle_value *item(const struct pickle_value *value, size_t index)
{
    assert_true(index < value->items.count);
    const struct pickle_item *next = value->items.first;
    while (index-- > 0)
        next = next->next;
    return next->value;
}

static void assert_integer(const struct pickle_value *value, int64_t expected)
{
    assert_int_equal(value->kind, PICKLE_INT);
    assert_true(value->integer == expected);
}

/* ---- values ---- */

static void numbers_are_built(void **state)
{
    (void)state;
    const struct pickle_value *list =
        run(PROGRAM("\x80\x02](K\xFFM\xFF\xFFJ\xFE\xFF\xFF\xFF\x8A\x00\x8A\x01\x80\x8A\x02\xFF\x00"
                    "\x8A\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x8A\x08\0\0\0\0\0\0\0\x80"
                    "\x8B\x01\0\0\0\x05"
                    "e."));
    static const int64_t expected[] = { 255, 65535, -2, 0, -128, 255, INT64_MAX, INT64_MIN, 5 };
    assert_int_equal(list->items.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_integer(item(list, i), expected[i]);

    const struct pickle_value *value = run(PROGRAM("\x8A\x09\0\0\0\0\0\0\0\0\x01."));
    assert_int_equal(value->kind, PICKLE_LONG);
    assert_int_equal(value->bytes.size, 9);
    value = run(PROGRAM("G\xBF\xE8\0\0\0\0\0\0."));
    assert_int_equal(value->kind, PICKLE_FLOAT);
    assert_true(value->real == -0.75);
}

static void decimals_of_protocol_1_are_built(void **state)
{
    (void)state;
    static const struct {
        const char *program;
        int64_t integer;
    } cases[] = {
        { "I0\n.", 0 },
        { "I-1\n.", -1 },
        { "I10\n.", 10 },
        { "L12L\n.", 12 },
        { "L9223372036854775807L\n.", INT64_MAX },
        { "L-9223372036854775808L\n.", INT64_MIN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_integer(run(cases[i].program, strlen(cases[i].program)), cases[i].integer);
    for (int truth = 0; truth < 2; truth++) {
        const struct pickle_value *value = run(truth ? "I01\n." : "I00\n.", 5);
        assert_int_equal(value->kind, PICKLE_BOOL);
        assert_int_equal(value->integer, truth);
    }
}

static void texts_and_bytes_are_built(void **state)
{
    (void)state;
    const struct pickle_value *list =
        run(PROGRAM("](X\x02\0\0\0\xC3\xA9\x8C\x01"
                    "b\x8D\x01\0\0\0\0\0\0\0cU\x01"
                    "dT\x01\0\0\0\xFF"
                    "C\x02\xFF\0B\x01\0\0\0g\x8E\x01\0\0\0\0\0\0\0h\x96\0\0\0\0\0\0\0\0e."));
    static const char *const texts[] = { "\xC3\xA9", "b", "c", "d" };
    for (size_t i = 0; i < 4; i++)
        assert_true(pickle_is_text(item(list, i), texts[i]));
    assert_false(pickle_is_text(item(list, 1), "bb"));
    for (size_t i = 4; i < 9; i++)
        assert_int_equal(item(list, i)->kind, PICKLE_BYTES);
    assert_memory_equal(item(list, 5)->bytes.data, "\xFF\0", 2);
    assert_int_equal(item(list, 8)->bytes.size, 0);
    const struct pickle_value *encoded =
        run(PROGRAM("c_codecs\nencode\nX\x05\0\0\0a\xC2\x80\xC3\xBFX\x06\0\0\0latin1\x86R."));
    assert_int_equal(encoded->kind, PICKLE_BYTES);
    assert_int_equal(encoded->bytes.size, 3);
    assert_memory_equal(encoded->bytes.data, "a\x80\xFF", 3);
}

static void containers_are_built(void **state)
{
    (void)state;
    const struct pickle_value *tuple = run(PROGRAM("()N\x85NN\x86NNN\x87(NNNNtt."));
    assert_int_equal(tuple->kind, PICKLE_TUPLE);
    assert_int_equal(tuple->items.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(item(tuple, i)->kind, PICKLE_TUPLE);
        assert_int_equal(item(tuple, i)->items.count, i);
    }
    const struct pickle_value *order = run(PROGRAM("K\x01K\x02K\x03\x87."));
    for (size_t i = 0; i < 3; i++)
        assert_integer(item(order, i), (int64_t)i + 1);
    const struct pickle_value *list = run(PROGRAM("]K\x01"
                                                  "a(K\x02K\3e(eK\4"
                                                  "a."));
    assert_int_equal(list->kind, PICKLE_LIST);
    for (size_t i = 0; i < 4; i++)
        assert_integer(item(list, i), (int64_t)i + 1);
    const struct pickle_value *dict = run(PROGRAM("}U\x01"
                                                  "aK\x01s(U\x01"
                                                  "bK\x02U\x01"
                                                  "aK\x03u."));
    assert_int_equal(dict->items.count, 3);
    assert_integer(pickle_find(dict, "a"), 3);
    assert_integer(pickle_find(dict, "b"), 2);
    assert_null(pickle_find(dict, "c"));
    assert_null(pickle_find(list, "a"));
}

static void ordered_dicts_are_dicts(void **state)
{
    (void)state;
    const struct pickle_value *dict = run(PROGRAM("ccollections\nOrderedDict\n)RU\x01"
                                                  "aK\x01s}U\x01"
                                                  "bK\x02sb."));
    assert_int_equal(dict->kind, PICKLE_DICT);
    assert_int_equal(dict->items.count, 1); /* "b" is an attribute */
    assert_integer(pickle_find(dict, "a"), 1);
    dict = run(PROGRAM("ccollections\nOrderedDict\n](](U\x01"
                       "aK\x01"
                       "eU\x01"
                       "bK\x02\x86"
                       "e\x85R."));
    assert_integer(pickle_find(dict, "a"), 1);
    assert_integer(pickle_find(dict, "b"), 2);
    dict = run(PROGRAM("\x80\x04\x8C\x0B"
                       "collections\x8C\x0BOrderedDict\x93)R."));
    assert_int_equal(dict->kind, PICKLE_DICT);
}

static void memo_gives_the_same_value(void **state)
{
    (void)state;
    const struct pickle_value *list = run(PROGRAM("](]q\x03]\x94h\x03h\x04]r\0\1\0\0j\0\1\0\0"
                                                  "2e."));
    assert_ptr_equal(item(list, 0), item(list, 2));
    assert_ptr_equal(item(list, 1), item(list, 3));
    assert_ptr_not_equal(item(list, 0), item(list, 1));
    assert_ptr_equal(item(list, 4), item(list, 5));
    assert_ptr_equal(item(list, 5), item(list, 6));
    const struct pickle_value *cycle = run(PROGRAM("]q\0h\0"
                                                   "a."));
    assert_ptr_equal(item(cycle, 0), cycle);
}

static void stack_is_taken_apart(void **state)
{
    (void)state;
    assert_integer(run(PROGRAM("K\x01K\x02"
                               "0(K\x03K\x04"
                               "1(0.")),
                   1);
}

static void objects_of_script_hold_their_state(void **state)
{
    (void)state;
    const struct pickle_value *object =
        run(PROGRAM("c__torch__.a.___torch_mangle_3\nNet\n)\x81}U\x01"
                    "aK\x01sb."));
    assert_int_equal(object->kind, PICKLE_OBJECT);
    assert_integer(pickle_find(object->state, "a"), 1);
    object = run(PROGRAM("c__torch__\nNet\n)\x81."));
    assert_int_equal(object->kind, PICKLE_OBJECT);
    assert_null(object->state);
}

/* ---- tensors ---- */

#define STORAGE(class, numel, more) "(U\7storagec" class "\nU\3keyU\3cpuK" numel more "tQ"
#define TENSOR(storage, offset, size, stride) \
    "ctorch._utils\n_rebuild_tensor_v2\n(" storage "K" offset "(" size "t(" stride "t\x89)tR"
#define SIX STORAGE("torch\nFloatStorage", "\6", "")

static void tensors_are_views_of_storages(void **state)
{
    (void)state;
    const struct pickle_value *value = run(PROGRAM(TENSOR(SIX, "\1", "K\2K\2", "K\3K\1") "."));
    assert_int_equal(value->kind, PICKLE_TENSOR);
    const struct pickle_tensor *t = value->tensor;
    assert_int_equal(t->offset, 1);
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->dim[1], 2);
    assert_int_equal(t->stride[0], 3);
    assert_int_equal(t->storage->dtype, DTYPE_F32);
    assert_int_equal(t->storage->whole, 6);
    assert_int_equal(t->storage->first, 0);
    assert_int_equal(t->storage->numel, 6);
    assert_memory_equal(t->storage->key.data, "key", 3);
    assert_ptr_equal(pickle.storages, t->storage);
    assert_int_equal(pickle.storage_count, 1);

    value = run(PROGRAM(
        TENSOR(STORAGE("torch\nFloatStorage", "\6", "(U\1vK\4K\2t"), "\0", "K\2", "K\1") "."));
    assert_int_equal(value->tensor->storage->first, 4);
    assert_int_equal(value->tensor->storage->numel, 2);
    assert_int_equal(value->tensor->storage->whole, 6);

    value =
        run(PROGRAM("ctorch._utils\n_rebuild_parameter\n" TENSOR(SIX, "\0", "", "") "\x88)\x87R."));
    assert_int_equal(value->kind, PICKLE_TENSOR);
    assert_int_equal(value->tensor->rank, 0);
}

static void classes_of_storages_have_types(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum dtype dtype;
    } cases[] = {
        { "Float", DTYPE_F32 },     { "Double", DTYPE_F64 }, { "Half", DTYPE_F16 },
        { "BFloat16", DTYPE_BF16 }, { "Long", DTYPE_I64 },   { "Int", DTYPE_I32 },
        { "Short", DTYPE_I16 },     { "Char", DTYPE_I8 },    { "Byte", DTYPE_U8 },
        { "Bool", DTYPE_BOOL },
    };
    static const char *const modules[] = { "torch", "torch.cuda" };
    char program[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t m = 0; m < 2; m++) {
            int size =
                snprintf(program, sizeof program, "(U\7storagec%s\n%sStorage\nU\1kU\3cpuK\1tQ.",
                         modules[m], cases[i].name);
            const struct pickle_value *value = run(program, (size_t)size);
            assert_int_equal(value->kind, PICKLE_STORAGE);
            assert_int_equal(value->storage->dtype, cases[i].dtype);
        }
}

/* ---- what is refused ---- */

static void nothing_is_called(void **state)
{
    (void)state;
    static const struct {
        const char *program, *name;
    } cases[] = {
        { "cos\nsystem\n(U\4echotR.", "os.system" },
        { "cposix\nsystem\n(U\4echotR.", "posix.system" },
        { "cbuiltins\neval\n(U\0011tR.", "builtins.eval" },
        { "c__builtin__\ngetattr\n.", "__builtin__.getattr" },
        { "\x80\4\x8C\2os\x8C\6system\x93.", "os.system" },
        { "ctorch\nload\n.", "torch.load" },
        { "ctorch\nFloatStorage.__init__\n.", "torch.FloatStorage.__init__" },
        { "ctorch.nn.modules.linear\nLinear\n)\x81.", "torch.nn.modules.linear.Linear" },
        { "ctorch\nComplexFloatStorage\n.", "torch.ComplexFloatStorage" },
        { "ccollections\nOrderedDict.fromkeys\n.", "collections.OrderedDict.fromkeys" },
        { "c__torch__evil\nA\n.", "__torch__evil.A" },
        { "cnumpy.core.multiarray\nscalar\n.", "numpy.core.multiarray.scalar" },
        { "c\nX\n.", ".X" },
    };
    char message[100];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(message, sizeof message, "global '%s' is none that tensors need", cases[i].name);
        assert_refused(cases[i].program, strlen(cases[i].program), GMR_ERR_UNSUPPORTED, message);
    }
}

#define DEFECT(program, code, message)              \
    {                                               \
        program, sizeof(program) - 1, code, message \
    }

static const struct {
    const char *program;
    size_t size;
    enum gmr_status code;
    const char *message;
} defects[] = {
    DEFECT("", GMR_ERR_FORMAT, "pickle, byte 0: it ends early"),
    DEFECT("\x80\x02N", GMR_ERR_FORMAT, "pickle, byte 3: it ends early"),
    DEFECT("\x80\x06N.", GMR_ERR_UNSUPPORTED, "byte 0: protocol 6"),
    DEFECT("NP1\n.", GMR_ERR_UNSUPPORTED, "byte 1: opcode 0x50"),
    DEFECT("(ios\nsystem\n.", GMR_ERR_UNSUPPORTED, "opcode 0x69"),
    DEFECT("(cos\n", GMR_ERR_FORMAT, "it ends early"),
    DEFECT(".", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("(.", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("0.", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("NN\x87.", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("N(N\x86.", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("Nt.", GMR_ERR_FORMAT, "no mark on its stack"),
    DEFECT("(2.", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("(q\0.", GMR_ERR_FORMAT, "empty stack"),
    DEFECT("X\xFF\xFF\xFF\xFF"
           "a",
           GMR_ERR_FORMAT, "it ends early"),
    DEFECT("\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
           "a",
           GMR_ERR_FORMAT, "it ends early"),
    DEFECT("X\x01\0\0\0\xFF.", GMR_ERR_FORMAT, "a text is not UTF-8"),
    DEFECT("I1x\n.", GMR_ERR_FORMAT, "'1x' is no number"),
    DEFECT("I\n.", GMR_ERR_FORMAT, "'' is no number"),
    DEFECT("I-\n.", GMR_ERR_FORMAT, "'-' is no number"),
    DEFECT("LL\n.", GMR_ERR_FORMAT, "'' is no number"),
    DEFECT("L9223372036854775808L\n.", GMR_ERR_FORMAT, "is no number that fits 64 bits"),
    DEFECT("h\5.", GMR_ERR_FORMAT, "nothing in its memo at 5"),
    DEFECT("Nq\5h\4.", GMR_ERR_FORMAT, "nothing in its memo at 4"),
    DEFECT("Nr\xFF\xFF\xFF\xFF.", GMR_ERR_FORMAT, "its memo holds more than 1048576 values"),
    DEFECT(")Na.", GMR_ERR_FORMAT, "no list at the top"),
    DEFECT("]NNs.", GMR_ERR_FORMAT, "no dict at the top"),
    DEFECT("}(Nu.", GMR_ERR_FORMAT, "a key of a dict has no value"),
    DEFECT("N]b.", GMR_ERR_FORMAT, "gives a state to what takes none"),
    DEFECT("c__torch__\nA\n)\x81}b}b.", GMR_ERR_FORMAT, "gives a state to what takes none"),
    DEFECT("N)R.", GMR_ERR_FORMAT, "calls what cannot be called"),
    DEFECT("ctorch\nFloatStorage\n)R.", GMR_ERR_FORMAT, "calls what cannot be called"),
    DEFECT("ctorch\nSize\nNR.", GMR_ERR_FORMAT, "the arguments of a call are no tuple"),
    DEFECT("ctorch\nSize\n)R.", GMR_ERR_FORMAT, "wrong arguments"),
    DEFECT("NN\x93.", GMR_ERR_FORMAT, "the name of a global is no text"),
    DEFECT("NQ.", GMR_ERR_UNSUPPORTED, "a persistent id that is no storage"),
    DEFECT("(U\6moduleNtQ.", GMR_ERR_UNSUPPORTED, "a persistent id that is no storage"),
    DEFECT("(U\7storageNtQ.", GMR_ERR_FORMAT, "the class of a storage is none"),
    DEFECT(STORAGE("torch\nSize", "\1", "") ".", GMR_ERR_FORMAT, "the class of a storage is none"),
    DEFECT("(U\7storagectorch\nFloatStorage\nNtQ.", GMR_ERR_FORMAT, "key of a storage is no text"),
    DEFECT(STORAGE("torch\nFloatStorage", "\6", "(U\1vK\5K\2t") ".", GMR_ERR_FORMAT,
           "a view of a storage lies outside its 6 elements"),
    DEFECT(STORAGE("torch\nFloatStorage", "\6", "(U\1vJ\xFF\xFF\xFF\xFFK\2t") ".", GMR_ERR_FORMAT,
           "offset of a storage is no size"),
    DEFECT(TENSOR("N", "\0", "", "") ".", GMR_ERR_FORMAT, "a tensor without storage"),
    DEFECT(TENSOR(SIX, "\0", "K\7", "K\1") ".", GMR_ERR_FORMAT,
           "a tensor of shape [7] lies outside its storage of 6 elements"),
    DEFECT(TENSOR(SIX, "\1", "K\6", "K\1") ".", GMR_ERR_FORMAT, "lies outside its storage"),
    DEFECT(TENSOR(SIX, "\6", "", "") ".", GMR_ERR_FORMAT, "lies outside its storage"),
    DEFECT(TENSOR(SIX, "\0", "K\3K\2", "\x8A\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7FK\1") ".",
           GMR_ERR_FORMAT, "lies outside its storage"),
    DEFECT(TENSOR(SIX, "\0", "J\0\0\0\x7FJ\0\0\0\x7FJ\0\0\0\x7F", "K\0K\0K\0") ".", GMR_ERR_FORMAT,
           "lies outside its storage"),
    DEFECT(TENSOR(SIX, "\0", "J\xFF\xFF\xFF\xFF", "K\1") ".", GMR_ERR_FORMAT, "size is no size"),
    DEFECT(TENSOR(SIX, "\0", "K\1", "N") ".", GMR_ERR_FORMAT, "stride is no size"),
    DEFECT(TENSOR(SIX, "\0", "K\1K\1", "K\1") ".", GMR_ERR_FORMAT, "2 axes and 1 strides"),
    DEFECT(TENSOR(SIX, "\0", "K\1K\1K\1K\1K\1K\1K\1", "K\1") ".", GMR_ERR_FORMAT,
           "7 axes, at most 6 are supported"),
    DEFECT("ctorch._utils\n_rebuild_tensor\n(" SIX "K\0)tR.", GMR_ERR_FORMAT,
           "stride of a tensor is no tuple"),
    DEFECT("ctorch._utils\n_rebuild_parameter\n(NtR.", GMR_ERR_FORMAT, "wrong arguments for a Par"),
};

static void defects_are_refused_with_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++)
        assert_refused(defects[i].program, defects[i].size, defects[i].code, defects[i].message);
}

static void pickles_cut_anywhere_are_refused(void **state)
{
    (void)state;
    static const char program[] =
        "\x80\x02}(U\1w" TENSOR(SIX, "\1", "K\2K\2", "K\3K\1") "X\1\0\0\0vK\1u.";
    run(program, sizeof program - 1);
    for (size_t size = 0; size < sizeof program - 1; size++)
        assert_refused(program, size, GMR_ERR_FORMAT, "it ends early");
}

/* ---- limits ---- */

/* `count` times one opcode. */
static void assert_bomb(char opcode, size_t count, const char *message)
{
    char *program = malloc(count);
    memset(program, opcode, count);
    assert_refused(program, count, GMR_ERR_FORMAT, message);
    free(program);
    assert_true(arena.used <= PICKLE_MAX_MEMORY);
}

static void stack_is_limited(void **state)
{
    (void)state;
    assert_bomb('(', PICKLE_MAX_STACK + 10, "its stack holds more than 1048576 values");
    assert_bomb('N', PICKLE_MAX_STACK + 10, "its stack holds more than 1048576 values");
}

static void memory_is_limited(void **state)
{
    (void)state;
    enum { EACH = 2, COUNT = 10 * 1024 * 1024 };
    char *program = malloc(EACH * COUNT);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(program + EACH * i, "]0", EACH);
    assert_refused(program, EACH * COUNT, GMR_ERR_FORMAT, "need more than 268435456 bytes");
    free(program);
}

static void length_is_limited(void **state)
{
    (void)state;
    const size_t size = PICKLE_MAX_SIZE + 2;
    char *program = malloc(size);
    for (size_t i = 0; i < size; i += 2)
        memcpy(program + i, "N0", 2);
    assert_refused(program, size, GMR_ERR_FORMAT, "it is longer than 67108864 bytes");
    free(program);
}

static void what_follows_is_left_alone(void **state)
{
    (void)state;
    const struct pickle_value *value;
    size_t used;
    assert_int_equal(pickle_run(&pickle, "K\5.K\6.", 6, &used, &value), GMR_OK);
    assert_int_equal(used, 3);
    assert_integer(value, 5);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char program[] = "](" TENSOR(SIX, "\0", "K\6", "K\1") "U\1aq\1e.";
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct arena failing;
        const struct pickle_value *value;
        size_t used;
        failing_allocator_init(&memory, n);
        arena_init(&failing, &memory.allocator, 64);
        struct pickle made = { .arena = &failing };
        const enum gmr_status status =
            pickle_run(&made, program, sizeof program - 1, &used, &value);
        arena_release(&failing);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_true(n > 10);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
}

static bool runs(const char *path)
{
    const struct pickle_value *value;
    struct file_map map;
    size_t used;
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    bool ran = pickle_run(&pickle, map.data, map.size, &used, &value) == GMR_OK;
    file_map_close(&map);
    return ran;
}

/* The pickles that scripts/torch-corpus assembles. */
static void pickles_of_the_corpus_are_judged_right(void **state)
{
    (void)state;
    assert_corpus(GMR_SOURCE_DIR "/tests/fuzz/corpus/pickle/sound-*", 25, true, runs);
    assert_corpus(GMR_SOURCE_DIR "/tests/fuzz/corpus/pickle/defect-*", 55, false, runs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_arena, release_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_built),
        TEST(decimals_of_protocol_1_are_built),
        TEST(texts_and_bytes_are_built),
        TEST(containers_are_built),
        TEST(ordered_dicts_are_dicts),
        TEST(memo_gives_the_same_value),
        TEST(stack_is_taken_apart),
        TEST(objects_of_script_hold_their_state),
        TEST(tensors_are_views_of_storages),
        TEST(classes_of_storages_have_types),
        TEST(nothing_is_called),
        TEST(defects_are_refused_with_reason),
        TEST(pickles_cut_anywhere_are_refused),
        TEST(stack_is_limited),
        TEST(memory_is_limited),
        TEST(length_is_limited),
        TEST(what_follows_is_left_alone),
        TEST(every_allocation_may_fail),
        TEST(pickles_of_the_corpus_are_judged_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Fuzz entry of the pickles beside published captioners: whatever the bytes, no fault; what is read
 * are settings that fit and as many words as the tensors have. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "simulator/captioner/captioner_inside.h"
#include "simulator/captioner/checkpoint_inside.h"

enum { WORDS = 2 };

static void check(enum captioner_kind kind, const uint8_t *data, size_t size)
{
    struct captioner_facts facts = { .settings = captioner_settings_small(kind, 3, WORDS) };
    struct arena arena;
    arena_init(&arena, NULL, 0);
    const enum gmr_status status =
        captioner_infos_parse(&arena, "weights", "input", data, size, &facts);
    if (status == GMR_OK) {
        assert(captioner_settings_check(&facts.settings) == GMR_OK);
        assert(facts.settings.words == WORDS && facts.word[0][0] == '\0');
        for (size_t i = 1; i <= WORDS; i++)
            assert(captioner_is_word(facts.word[i]));
    } else {
        const char *message = gmr_error_message();
        assert(status == GMR_ERR_FORMAT || status == GMR_ERR_UNSUPPORTED ||
               status == GMR_ERR_NOMEM);
        assert(status == GMR_ERR_NOMEM || strstr(message, "'input'"));
        assert(text_is_utf8(message, strlen(message)));
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(CAPTIONER_SHOW_ATTEND_TELL, data, size);
    check(CAPTIONER_TRANSFORMER, data, size);
    return 0;
}

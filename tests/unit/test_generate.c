/* The generated catalogue: what items are (generate/designs.c), what they are called (words.c), and
 * the run that draws them into a catalogue (runs.c). */
#include "unit/generate/generate.h"

int main(void)
{
    return test_designs() + test_words() + test_runs();
}

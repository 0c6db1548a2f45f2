/* Every operation of ops.def has a case whose gradients agree with finite differences, or this
 * fails. The cases are in ops/cases_*.c; ops/harness.h says what is checked of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gradient/ops/cases.h"
#include "gradient/ops/harness.h"

static const struct gradient_case *const tables[] = {
    linear_cases, shape_cases,     element_cases, attention_cases, norm_cases,
    image_cases,  recurrent_cases, loss_cases,    graph_cases,
};

enum { TABLES = sizeof tables / sizeof *tables, MAX_TESTS = 512 };

static void agrees(void **state)
{
    gradient_check(*state);
}

static void every_op_ran_backwards(void **state)
{
    (void)state;
    gradient_check_coverage();
}

int main(void)
{
    static struct CMUnitTest tests[MAX_TESTS];
    size_t count = 0;
    for (size_t i = 0; i < TABLES; i++)
        for (const struct gradient_case *c = tables[i]; c->name && count < MAX_TESTS - 1; c++)
            tests[count++] = (struct CMUnitTest){ .name = c->name,
                                                  .test_func = agrees,
                                                  .initial_state = (void *)(uintptr_t)c };
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(every_op_ran_backwards);
    return _cmocka_run_group_tests("ops", tests, count, NULL, NULL);
}

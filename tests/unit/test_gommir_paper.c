/* The recommender at the paper's sizes, ten turns long, against the formulas of spec section 2.1
 * written down once more, in double and one token at a time: golden files are of small models, and
 * kernels are cut differently at real sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "model/gommir.h"
#include "support/support.h"

enum { USERS = 2, TURNS = 10, D = 512, HIDDEN = 1024, LAYERS = 6, HEADS = 8, TOKENS = 3 * TURNS };

static struct {
    struct compute *compute;
    struct tape tape;
    struct gommir model;
    real image[TURNS][USERS * D], text[TURNS][USERS * D], state[TURNS][USERS * D];
} s;

/* ---- the formulas ---- */

static void linear(double *y, const double *x, const struct nn_linear *l, size_t first, size_t out,
                   size_t in)
{
    for (size_t o = 0; o < out; o++) {
        const real *w = tensor_real(l->weight) + (first + o) * in;
        double sum[8] = { 0 };
        for (size_t i = 0; i < in; i += 8)
            for (size_t k = 0; k < 8; k++)
                sum[k] += x[i + k] * (double)w[i + k];
        y[o] = (double)tensor_real(l->bias)[first + o];
        for (size_t k = 0; k < 8; k++)
            y[o] += sum[k];
    }
}

/* alpha (x - mean) / (s + 1e-6) + beta, s divided by n - 1 */
static void norm(double *y, const double *x, const struct nn_norm *l)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < D; i++)
        mean += x[i] / D;
    for (size_t i = 0; i < D; i++)
        square += (x[i] - mean) * (x[i] - mean);
    for (size_t i = 0; i < D; i++)
        y[i] = (double)tensor_real(l->scale)[i] * (x[i] - mean) / (sqrt(square / (D - 1)) + 1e-6) +
               (double)tensor_real(l->shift)[i];
}

/* L(ReLU(BN(x))), with running statistics */
static void branch(double *y, const double *x, const struct nn_batch_norm *n,
                   const struct nn_linear *l)
{
    double z[2 * D];
    for (size_t i = 0; i < 2 * D; i++) {
        const double deviation = sqrt((double)tensor_real(n->running_var)[i] + 1e-5);
        z[i] = (x[i] - (double)tensor_real(n->running_mean)[i]) / deviation;
        z[i] = fmax(0, z[i] * (double)tensor_real(n->weight)[i] + (double)tensor_real(n->bias)[i]);
    }
    linear(y, z, l, 0, D, 2 * D);
}

static void embed(double *y, const real *raw, const struct nn_linear *l, const struct nn_norm *n)
{
    double x[D], projected[D];
    for (size_t i = 0; i < D; i++)
        x[i] = (double)raw[i];
    linear(projected, x, l, 0, D, D);
    norm(y, projected, n);
}

/* What a turn leaves: separator, composed, text. */
static void take_in(double (*token)[D], const real *image, const real *text)
{
    const struct composer *c = &s.model.composer;
    const real *omega = tensor_real(c->omega);
    double both[2 * D], gate[D], rest[D];
    embed(both, image, &s.model.image_linear, &s.model.image_norm);
    embed(both + D, text, &s.model.text_linear, &s.model.text_norm);
    branch(gate, both, &c->gate_norm, &c->gate);
    branch(rest, both, &c->residual_norm, &c->residual);
    for (size_t i = 0; i < D; i++) {
        token[0][i] = (double)tensor_real(s.model.separator_norm.shift)[i];
        token[1][i] = (double)omega[0] / (1 + exp(-gate[i])) * both[i] + (double)omega[1] * rest[i];
        token[2][i] = both[D + i];
    }
}

static void place(double *x, size_t position)
{
    for (size_t i = 0; i < D; i++) {
        const double angle = (double)position / pow(10000, 2 * (double)i / D);
        x[i] = sqrt(D) * x[i] + (i % 2 ? cos(angle) : sin(angle));
    }
}

/* softmax(q k^T / 8) v of one head of one token */
static void attend(double *y, const double *q, double (*k)[D], double (*v)[D], size_t length)
{
    double p[TOKENS], most = -INFINITY, sum = 0;
    for (size_t j = 0; j < length; j++) {
        p[j] = 0;
        for (size_t i = 0; i < D / HEADS; i++)
            p[j] += q[i] * k[j][i] / 8;
        most = fmax(most, p[j]);
    }
    for (size_t j = 0; j < length; j++)
        sum += p[j] = exp(p[j] - most);
    for (size_t i = 0; i < D / HEADS; i++) {
        y[i] = 0;
        for (size_t j = 0; j < length; j++)
            y[i] += p[j] / sum * v[j][i];
    }
}

static void self_attention(double (*x)[D], const struct nn_encoder_layer *l, size_t length)
{
    static double q[TOKENS][D], k[TOKENS][D], v[TOKENS][D];
    double normed[D], y[D], out[D];
    for (size_t t = 0; t < length; t++) {
        norm(normed, x[t], &l->norm_1);
        linear(q[t], normed, &l->attention.in, 0, D, D);
        linear(k[t], normed, &l->attention.in, D, D, D);
        linear(v[t], normed, &l->attention.in, 2 * (size_t)D, D, D);
    }
    for (size_t t = 0; t < length; t++) {
        for (size_t at = 0; at < D; at += D / HEADS)
            attend(y + at, q[t] + at, (double(*)[D])(k[0] + at), (double(*)[D])(v[0] + at), length);
        linear(out, y, &l->attention.out, 0, D, D);
        for (size_t i = 0; i < D; i++)
            x[t][i] += out[i];
    }
}

static void feed_forward(double *x, const struct nn_encoder_layer *l)
{
    double normed[D], hidden[HIDDEN], y[D];
    norm(normed, x, &l->norm_2);
    linear(hidden, normed, &l->linear_1, 0, HIDDEN, D);
    for (size_t i = 0; i < HIDDEN; i++)
        hidden[i] = fmax(hidden[i], 0);
    linear(y, hidden, &l->linear_2, 0, D, HIDDEN);
    for (size_t i = 0; i < D; i++)
        x[i] += y[i];
}

/* out_linear(tanh(mean of all positions)) */
static void track(double *state, double (*x)[D], size_t length)
{
    double normed[D], mean[D] = { 0 };
    for (size_t t = 0; t < length; t++)
        place(x[t], t);
    for (size_t layer = 0; layer < LAYERS; layer++) {
        self_attention(x, &s.model.tracker.layer[layer], length);
        for (size_t t = 0; t < length; t++)
            feed_forward(x[t], &s.model.tracker.layer[layer]);
    }
    for (size_t t = 0; t < length; t++) {
        norm(normed, x[t], &s.model.tracker.norm);
        for (size_t i = 0; i < D; i++)
            mean[i] += normed[i] / (double)length;
    }
    for (size_t i = 0; i < D; i++)
        mean[i] = tanh(mean[i]);
    linear(state, mean, &s.model.out_linear, 0, D, D);
}

static void expect(double *state, size_t user, size_t turns)
{
    static double token[TOKENS][D];
    for (size_t k = 0; k < turns; k++)
        take_in(token + 3 * k, s.image[k] + user * D, s.text[k] + user * D);
    track(state, token, 3 * turns);
}

/* ---- the model ---- */

/* Vectors, which start at one and zero, get something that would be missed; variances stay
 * positive. */
static void disturb(struct parameters *p)
{
    real change[3 * D];
    for (size_t i = 0; i < p->tensor_count; i++) {
        struct tensor *x = p->tensor[i];
        const size_t n = tensor_numel(x);
        if (x->rank != 1 || n > 3 * D || x->dtype != DTYPE_REAL)
            continue;
        fill_uniform(change, n, -0.2, 0.2, 100 + i);
        for (size_t j = 0; j < n; j++)
            tensor_real(x)[j] += change[j];
    }
}

static void play(void)
{
    const size_t dim[] = { USERS, D };
    struct gommir_settings settings = gommir_settings_paper();
    struct gommir_history history;
    settings.independent_layers = true;
    assert_int_equal(gommir_init(&s.model, s.compute, NULL, settings, 1), GMR_OK);
    disturb(&s.model.parameters);
    gommir_history_clear(&history);
    for (size_t k = 0; k < TURNS; k++) {
        fill_normal(s.image[k], USERS * D, 10 + k);
        fill_normal(s.text[k], USERS * D, 30 + k);
        tape_read(&s.tape,
                  gommir_turn(&s.tape, &s.model, &history, tape_input(&s.tape, dim, 2, s.image[k]),
                              tape_input(&s.tape, dim, 2, s.text[k]), NULL)
                      .state,
                  s.state[k]);
    }
    assert_int_equal(tape_status(&s.tape), GMR_OK);
}

static void check_turn(size_t turns)
{
    double expected[D], wrong = 0, size = 0;
    for (size_t user = 0; user < USERS; user++) {
        expect(expected, user, turns);
        for (size_t i = 0; i < D; i++) {
            const double difference = (double)s.state[turns - 1][user * D + i] - expected[i];
            wrong += difference * difference;
            size += expected[i] * expected[i];
        }
    }
    if (sqrt(wrong / size) > 5e-6)
        fail_msg("turn %zu is wrong by %g", turns, sqrt(wrong / size));
}

static void states_are_those_of_the_formulas(void **state)
{
    (void)state;
    tape_init(&s.tape, s.compute, NULL);
    s.tape.training = s.tape.recording = false;
    play();
    check_turn(1);
    check_turn(TURNS);
    gommir_release(&s.model);
    tape_release(&s.tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(states_are_those_of_the_formulas) };
    int failures;

    if (compute_create_cpu(NULL, 2, &s.compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(s.compute);
    return failures;
}

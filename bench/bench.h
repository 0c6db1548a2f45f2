/* Benchmarks: each prints JSON lines on stdout. Rates are put beside the machine's own sgemm rate,
 * measured in the same run, since seconds alone mean little on a machine that is shared. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>

#include "compute/compute.h"

struct bench {
    struct compute *compute;
    unsigned threads;
    size_t runs; /* timed runs of each; the median counts */
};

double bench_seconds(void);

/* Ends the program with the last error unless the status is GMR_OK. */
void bench_check(enum gmr_status status);

/* Memory, which the program does not go on without. */
void *bench_room(size_t count, size_t size);

/* Median time of one call of `work`, after one call that does not count. */
double bench_median(const struct bench *b, void (*work)(void *state), void *state);

/* The best single-precision rate found on this machine for large matrices, in FLOP/s: oneDNN's
 * sgemm with its own threads, oneDNN's in equal parts, and our kernel. Measured anew at each call.
 */
double bench_sgemm_rate(const struct bench *b);

/* The benchmarks. */
void bench_sgemm(const struct bench *b);
void bench_encoder_30(const struct bench *b);
void bench_encoder_3(const struct bench *b);
void bench_ten_turns(const struct bench *b);
void bench_tape(const struct bench *b);
void bench_picture(const struct bench *b);
void bench_clip_rn101(const struct bench *b);
void bench_clip_vit_b_32(const struct bench *b);
void bench_clip_text(const struct bench *b);
void bench_captioner(const struct bench *b);
void bench_recommender_small(const struct bench *b);
void bench_recommender_paper(const struct bench *b);
void bench_ranking(const struct bench *b);
void bench_ranking_million(const struct bench *b);

#endif

/* The dialogues of one policy on disk, kept while they are played: an evaluation that was stopped
 * or killed goes on where it stood, and of one that has ended nothing is played again.
 *
 *     config.json   all that the dialogues depend on
 *     log.jsonl     a line a user, in their order: {"target":0,"shown":[[4,1],...],"liked":[1,...],
 *                   "rank":[7,...],"critique":["is red",...]}; items by their number in the source
 *
 * A line that is torn or damaged ends what counts, and so does one that other dialogues have left;
 * what is left is cut to whole batches, so that batches are those of an unbroken evaluation. */
#ifndef LEARNING_DIALOGUE_RECORD_H
#define LEARNING_DIALOGUE_RECORD_H

#include "learning/policy_evaluation.h"
#include "learning/run_directory.h"

struct dialogue_record_size {
    size_t users, turns, shown;
    size_t batch; /* what is known are whole batches, or all; of a policy that draws, `users` */
};

struct dialogue_record {
    struct run_directory directory;
    struct dialogue_record_size size;
    size_t known; /* users whose dialogues are there */

    /* One dialogue, as it is read. */
    size_t *list, *liked, *rank;
    char (*words)[CRITIC_TEXT];
};

/* Opens a record of dialogues or begins one, and finds out how many are there. Takes the reference
 * to the config. The caller closes it. Errors, then it is
 * closed: those of run_directory_open. */
enum gmr_status dialogue_record_open(struct dialogue_record *record,
                                     const struct gmr_allocator *allocator, const char *path,
                                     json_t *config, struct dialogue_record_size size);

/* Reads what is known: ranks [known, turns], and each dialogue to `watch` (NULL: nobody), as
 * policy_evaluation_run does. Errors: GMR_ERR_FORMAT (the file has been changed meanwhile), those
 * of `watch`, GMR_ERR_NOMEM. */
enum gmr_status dialogue_record_read(struct dialogue_record *record, size_t *ranks,
                                     enum gmr_status (*watch)(void *user,
                                                              const struct policy_dialogue *d),
                                     void *user);

/* Appends the next dialogue; whole batches survive even a loss of power. GMR_ERR_IO, GMR_ERR_NOMEM.
 */
enum gmr_status dialogue_record_add(struct dialogue_record *record,
                                    const struct policy_dialogue *dialogue);

void dialogue_record_close(struct dialogue_record *record); /* a closed one is fine */

#endif

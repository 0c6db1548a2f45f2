/* The files of a fuzz corpus, each of which a parser must judge right. */
#ifndef SUPPORT_CORPUS_H
#define SUPPORT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

/* Fails unless at least `least` files match `pattern` and `accepts` says `sound` of every one. */
void assert_corpus(const char *pattern, size_t least, bool sound,
                   bool (*accepts)(const char *path));

#endif

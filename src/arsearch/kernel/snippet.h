/* Snippets, for whoever has a text and what is marked in it. */
#ifndef ARSEARCH_SNIPPET_H
#define ARSEARCH_SNIPPET_H

#include "kernel.h"

/* A text, start and end of each of its tokens, and three numbers for each of them that matches: its index, the word of the
 * query, and whether it has the typed form. */
typedef struct {
    PyObject *text;
    const int64_t *spans;
    int64_t tokens;
    const int32_t *matches;
    int64_t match_count;
} MarkedText;

/* The best *words* words of a text, which has tokens, as HTML; NULL with an error set. */
PyObject *cut_text(const MarkedText *from, const double *weights, int64_t weight_count, int64_t words, int64_t start_at);

#endif

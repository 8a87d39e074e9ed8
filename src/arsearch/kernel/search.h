/* One search: what it is asked, and what it works on. */
#ifndef ARSEARCH_SEARCH_H
#define ARSEARCH_SEARCH_H

#include "best.h"
#include "postings.h"

/* A word in a search. */
typedef struct {
    const ScoredList *list;
    int64_t at, end; /* postings at .. end are those of the window */
    double bound;    /* no posting of the window scores more */
} Word;

/* What one call works on. */
typedef struct {
    Postings *index;
    Word *words;
    Word **order;  /* those that have postings in the window, first the ones that are looked up */
    double *below; /* the sum of the bounds of those before */
    Py_ssize_t word_count, active;
    const uint8_t *allowed; /* NULL where all are */
    Best best;
    int counting;
    int64_t total;
    uint8_t *matched; /* a bit a document, NULL where nobody asks */
} Search;

/* Search the whole index. */
void search_index(Search *search);

#endif

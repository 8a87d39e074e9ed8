/* One search: what it is asked, and what it works on. */
#ifndef ARSEARCH_SEARCH_H
#define ARSEARCH_SEARCH_H

#include "best.h"
#include "postings.h"

/* What one call works on. */
typedef struct {
    Postings *index;
    Term terms[MOST_TERMS];
    Cursor cursors[MOST_TERMS];
    Cursor *order[MOST_TERMS];    /* those that have postings in the window, first the ones that are looked up */
    double below[MOST_TERMS + 1]; /* the sum of the bounds of those before */
    int term_count, cursor_count, active;
    const uint8_t *allowed; /* NULL where all are */
    Best best;
    int counting;
    int64_t total;
    uint8_t *matched; /* a bit a document, NULL where nobody asks */
} Search;

/* Search one segment, the *number*-th, in windows of at most *most* documents: 0, or -1 with an error set. */
int search_segment(Search *search, Segment *segment, Py_ssize_t number, int32_t most);

#endif

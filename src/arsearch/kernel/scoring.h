/* The postings of one term in one segment, and what they score. */
#ifndef ARSEARCH_SCORING_H
#define ARSEARCH_SCORING_H

#include "postings.h"

/* A term as it is asked for. */
typedef struct {
    Py_ssize_t field;
    PyObject *numbers; /* a tuple, borrowed: its number in each segment, -1 where it is not */
    float idf, boost;
    int64_t form; /* which form of the word it is a term of: those of one add up, and the best form counts */
} Term;

/* A term in a segment. */
typedef struct {
    PostingRun run; /* what has not been unpacked yet */
    int64_t count;  /* of all its postings */
    int at, read;   /* of the block that has been unpacked, those before at are done with */
    const float *norms; /* of the documents of the segment */
    float idf, boost;
    int64_t form;
    int32_t documents[BLOCK];
    float frequencies[BLOCK];
} Cursor;

/* Open the list of the term *number* of *segment*: 1 if it has postings, 0 if not, -1 with an error set. */
int open_cursor(const Segment *segment, const float *norms, const Term *term, int64_t number, Cursor *cursor);

/* The next document of the cursor; INT64_MAX behind the last. */
static inline int64_t
next_document(const Cursor *cursor)
{
    return cursor->at < cursor->read ? cursor->documents[cursor->at] : INT64_MAX;
}

/* Add what the postings of the documents from *first* on, *size* of them, score to *totals*, and set their bits in
 * *matched*. 0, or -1 with an error set. */
int add_window(Cursor *cursor, int32_t first, int32_t size, double *totals, uint64_t *matched);

#endif

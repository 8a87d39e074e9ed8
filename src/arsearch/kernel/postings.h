/* The postings of an index, and walking the lists of several terms side by side. */
#ifndef ARSEARCH_POSTINGS_H
#define ARSEARCH_POSTINGS_H

#include "kernel.h"

#define BLOCK_BITS 7
#define BLOCK (1 << BLOCK_BITS) /* postings that share a maximum, and are scored at once */
#define MOST_TERMS 512
#define MOST_WINDOW_BITS 15
#define MOST_WINDOW (1 << MOST_WINDOW_BITS)
#define LEAST_WINDOW_BITS 11

/* One segment. Nothing is copied; the buffers are held as long as the object lives. */
typedef struct {
    Py_buffer offsets_view, documents_view, frequencies_view;
    const int64_t *offsets;
    const int32_t *documents;
    const void *frequencies;
    Py_ssize_t width; /* bytes of a frequency */
    Py_ssize_t terms;
    int64_t base; /* number of its first document in the index */
    int64_t size; /* its documents */
    /* f / (f + norm) is never more than this, for all postings of a term and for each block of them. Found when a term
     * is first asked for: it depends on the average length, which every update of the index changes. */
    float *highest;
    float **blocks;
} Segment;

typedef struct {
    PyObject_HEAD
    Py_ssize_t segment_count;
    Segment *segments;
    Py_ssize_t field_count;
    Py_buffer *norm_views;
    const float **norms;
    Py_buffer live_view;
    const uint8_t *live; /* NULL where all are */
    int64_t document_count;
    /* Scratch for one window of documents; always left as zeros. */
    double *totals;
    uint8_t *seen;
    int32_t *touched;
} Postings;

/* A term as it is asked for. */
typedef struct {
    Py_ssize_t field;
    PyObject *numbers; /* a tuple, borrowed: its number in each segment, -1 where it is not */
    float idf, boost;
    int counted; /* whether its documents have to be counted: not where another term has all of them */
} Term;

/* A term in a segment. */
typedef struct {
    const int32_t *documents;
    const void *frequencies;
    Py_ssize_t width;
    int64_t count, at, end; /* postings at .. end are those of the window */
    const float *norms;     /* of the documents of the segment */
    float idf, boost, ceiling;
    float highest;
    const float *blocks;
    double bound; /* no posting of the window scores more */
    int counted;
} Cursor;

/* Open the list of *term* in *segment*: 1 if it is there, 0 if not, -1 with an error set. */
int open_cursor(Postings *self, Segment *segment, Py_ssize_t segment_index, const Term *term, Cursor *cursor);

/* Find the end of the window that ends before document *last* (of the segment), and the bound of the postings in it. */
void find_window(Cursor *cursor, int64_t last);

/* Score *count* postings, at most BLOCK, from *from* on: *places* get their documents minus *first*, *scores* what
 * they score. Returns 0 if a document is not between *first* and *first* + *size*. */
int score_postings(const Cursor *cursor, int64_t from, int count, int32_t first, int32_t size, int32_t *places,
                   float *scores);

/* Bits of the size of a window that suits the index. */
int window_bits(const Postings *self);

PyObject *postings_best(PyObject *self, PyObject *const *arguments, Py_ssize_t count);

#endif

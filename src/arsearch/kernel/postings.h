/* The postings of an index, and the list of a word, which is made of them. */
#ifndef ARSEARCH_POSTINGS_H
#define ARSEARCH_POSTINGS_H

#include "packing.h"

#define WINDOW_BITS 15
#define WINDOW (1 << WINDOW_BITS) /* documents that are looked at together */

/* One segment. Nothing is copied; the buffers are held as long as the object lives. */
typedef struct {
    Py_buffer offsets, counts, packed;
    Py_ssize_t terms;
    int64_t base; /* number of its first document in the index */
    int64_t size; /* its documents */
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
    /* Scratch for one window of documents; always left as zeros, but for touched. */
    double *totals;
    uint8_t *seen;
    int32_t *touched;
} Postings;

/* Live documents of the index that have any of some terms, sorted, and what these terms together score in each.
 *
 * Unlike postings on disk they were made here, so their documents are known to be in order and in the index. */
#define CUTOFF_COUNT 6
typedef struct {
    PyObject_HEAD
    Postings *postings; /* whose documents they are */
    int64_t count, windows;
    int64_t *starts;  /* (windows + 1,): the first posting of each window */
    float *maxima;    /* (windows,): the greatest score in each */
    uint16_t *offsets; /* (count,): documents, counted from the first of the window */
    float *scores;    /* (count,) */
    float cutoffs[CUTOFF_COUNT]; /* see cutoff_of_best; NaN where not known yet */
} ScoredList;

/* Postings.scored_list(terms): the list of *terms*, tuples that begin as arsearch.lexical.search.postings.NativeTerm does. */
PyObject *scored_list(PyObject *self, PyObject *terms);

/* Postings.list_of(documents, scores): the list of *documents* int64, sorted, of which each has one of *scores*. */
PyObject *list_of(PyObject *self, PyObject *const *arguments, Py_ssize_t count);

/* ScoredList.postings(): its documents, int64, and their scores, float32. */
PyObject *list_postings(PyObject *self, PyObject *nothing);

/* For what makes lists: an empty one, NULL with an error set; room for *more* postings, -1 with an error set; and what is
 * to be done when all postings are in it. */
ScoredList *new_list(Postings *postings);
int make_room(ScoredList *list, int64_t more);
void finish_list(ScoredList *list);

/* Make the type of lists: 0, or -1 with an error set. */
int make_list_type(PyObject *module);

/* Whether *object* is a list of the documents of *postings*. */
int is_list_of(PyObject *object, const Postings *postings);

/* A score that *limit* documents of the list, or more, have or exceed, the greatest that is known; -INFINITY if there are
 * fewer of them. -1 with an error set, 0 if all is well. */
int cutoff_of_best(ScoredList *list, int64_t limit, float *minimum);

PyObject *postings_best(PyObject *self, PyObject *const *arguments, Py_ssize_t count);

#endif

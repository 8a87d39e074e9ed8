/* The list of a word: the terms by which it scores, added up to one list of documents and scores.
 *
 * A word scores by its stem, its folded form and the stem in titles, whose documents are mostly the same; and by the best
 * of these and of its other forms, whose terms come after its own, form after form. Lists are kept
 * from one query to the next (bm25s, Lù 2024, keeps such scores of all terms; here they are made when a word is asked
 * for, so an update of the index has nothing to renew). */

#include "scoring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static PyTypeObject *list_type;

static const int64_t CUTOFF_RANKS[CUTOFF_COUNT] = {1, 10, 50, 200, 1000, 4000};

/* Read the terms, tuples that begin as arsearch.lexical.search.postings.NativeTerm does. */
static int
take_terms(const Postings *self, PyObject *terms, Term *taken)
{
    for (Py_ssize_t index = 0; index < PyTuple_Size(terms); index++) {
        PyObject *item = PyTuple_GetItem(terms, index);
        if (!PyTuple_Check(item) || PyTuple_Size(item) < 4 || !PyTuple_Check(PyTuple_GetItem(item, 1))) {
            PyErr_SetString(PyExc_TypeError, "a term is a tuple of at least four, the second a tuple too");
            return -1;
        }
        Term *term = &taken[index];
        term->field = PyLong_AsSsize_t(PyTuple_GetItem(item, 0));
        term->numbers = PyTuple_GetItem(item, 1);
        term->idf = (float)PyFloat_AsDouble(PyTuple_GetItem(item, 2));
        term->boost = (float)PyFloat_AsDouble(PyTuple_GetItem(item, 3));
        term->form = PyTuple_Size(item) > 5 ? PyLong_AsLongLong(PyTuple_GetItem(item, 5)) : 0;
        if (PyErr_Occurred())
            return -1;
        if (term->field < 0 || term->field >= self->field_count || !(term->idf * term->boost > 0) || !(term->idf > 0) ||
            PyTuple_Size(term->numbers) != self->segment_count) {
            PyErr_SetString(PyExc_ValueError, "a term is of a field or of segments that are not there, or scores nothing");
            return -1;
        }
    }
    return 0;
}

/* Open the terms that segment *number* has. Returns how many, -1 with an error set; adds up their postings. */
static Py_ssize_t
open_terms(const Postings *self, Py_ssize_t number, const Term *terms, Py_ssize_t term_count, Cursor *cursors,
           int64_t *postings)
{
    const Segment *segment = &self->segments[number];
    Py_ssize_t opened = 0;
    for (Py_ssize_t index = 0; index < term_count; index++) {
        int64_t term = PyLong_AsLongLong(PyTuple_GetItem(terms[index].numbers, number));
        if (term == -1 && PyErr_Occurred())
            return -1;
        const float *norms = self->norms[terms[index].field] + segment->base;
        int is_there = open_cursor(segment, norms, &terms[index], term, &cursors[opened]);
        if (is_there < 0)
            return -1;
        if (is_there)
            *postings += cursors[opened++].count;
    }
    return opened;
}

static inline int
lowest_bit(uint64_t bits)
{
#ifdef __GNUC__
    return __builtin_ctzll(bits);
#else
    int bit = 0;
    for (; !(bits & 1); bits >>= 1)
        bit++;
    return bit;
#endif
}

/* Move what a window of a segment added up to the end of the list, live documents alone, and leave zeros. The documents
 * are *size* from *number* on. */
static void
take_window(ScoredList *list, int64_t number, int32_t size, uint64_t *matched)
{
    const Postings *self = list->postings;
    for (int32_t group = 0; group < size; group += 64) {
        for (uint64_t bits = matched[group >> 6]; bits; bits &= bits - 1) {
            int32_t offset = group + lowest_bit(bits);
            int64_t document = number + offset;
            if (!self->live || self->live[document]) {
                float score = (float)self->totals[offset];
                float *best = &list->maxima[document >> WINDOW_BITS];
                *best = score > *best ? score : *best;
                list->starts[(document >> WINDOW_BITS) + 1] = list->count + 1;
                list->offsets[list->count] = (uint16_t)(document & (WINDOW - 1));
                list->scores[list->count++] = score;
            }
            self->totals[offset] = 0;
        }
        matched[group >> 6] = 0;
    }
}

/* Let the score of a form count where it is more than what is there, and leave zeros. */
static void
keep_better(double *totals, uint64_t *matched, double *of_form, uint64_t *matched_form, int32_t size)
{
    for (int32_t group = 0; group < size; group += 64) {
        for (uint64_t bits = matched_form[group >> 6]; bits; bits &= bits - 1) {
            int32_t offset = group + lowest_bit(bits);
            totals[offset] = of_form[offset] > totals[offset] ? of_form[offset] : totals[offset];
            of_form[offset] = 0;
        }
        matched[group >> 6] |= matched_form[group >> 6];
        matched_form[group >> 6] = 0;
    }
}

/* Add up what all terms of a word score in a window. */
static int
add_forms(Cursor *cursors, Py_ssize_t cursor_count, int32_t first, int32_t size, double *totals, uint64_t *matched,
          double *of_form)
{
    uint64_t matched_form[WINDOW / 64] = {0};
    Py_ssize_t index = 0;
    for (; index < cursor_count && cursors[index].form == cursors[0].form; index++)
        if (add_window(&cursors[index], first, size, totals, matched) < 0)
            return -1;
    while (index < cursor_count) {
        int64_t form = cursors[index].form;
        for (; index < cursor_count && cursors[index].form == form; index++)
            if (add_window(&cursors[index], first, size, of_form, matched_form) < 0)
                return -1;
        keep_better(totals, matched, of_form, matched_form, size);
    }
    return 0;
}

static int
add_segment(ScoredList *list, const Segment *segment, Cursor *cursors, Py_ssize_t cursor_count, double *of_form)
{
    uint64_t matched[WINDOW / 64] = {0};
    for (;;) {
        int64_t next = segment->size;
        for (Py_ssize_t index = 0; index < cursor_count; index++) {
            int64_t document = next_document(&cursors[index]);
            next = document < next ? document : next;
        }
        if (next >= segment->size) {
            for (Py_ssize_t index = 0; index < cursor_count; index++)
                if (cursors[index].at < cursors[index].read) {
                    PyErr_SetString(PyExc_ValueError, "a posting is of a document that the segment does not have");
                    return -1;
                }
            return 0;
        }
        int32_t first = (int32_t)next & ~(WINDOW - 1);
        int32_t size = segment->size - first < WINDOW ? (int32_t)(segment->size - first) : WINDOW;
        if (add_forms(cursors, cursor_count, first, size, list->postings->totals, matched, of_form) < 0) {
            memset(list->postings->totals, 0, (size_t)size * sizeof *list->postings->totals);
            return -1;
        }
        take_window(list, segment->base + first, size, matched);
    }
}

int
make_room(ScoredList *list, int64_t more)
{
    size_t wanted = (size_t)(list->count + more) + 1;
    uint16_t *offsets = realloc(list->offsets, wanted * sizeof *offsets);
    if (offsets)
        list->offsets = offsets;
    float *scores = realloc(list->scores, wanted * sizeof *scores);
    if (scores)
        list->scores = scores;
    if (offsets && scores)
        return 0;
    PyErr_NoMemory();
    return -1;
}

static int
fill(ScoredList *list, const Term *terms, Py_ssize_t term_count)
{
    const Postings *self = list->postings;
    Cursor *cursors = malloc(((size_t)term_count + 1) * sizeof *cursors);
    double *of_form = calloc(WINDOW, sizeof *of_form);
    if (!cursors || !of_form) {
        free(of_form);
        free(cursors);
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t number = 0; number < self->segment_count; number++) {
        int64_t postings = 0;
        Py_ssize_t opened = open_terms(self, number, terms, term_count, cursors, &postings);
        int64_t room = postings < self->segments[number].size ? postings : self->segments[number].size;
        if (opened < 0 || make_room(list, room) < 0 ||
            add_segment(list, &self->segments[number], cursors, opened, of_form) < 0) {
            free(of_form);
            free(cursors);
            return -1;
        }
    }
    free(of_form);
    free(cursors);
    finish_list(list);
    return make_room(list, 0); /* what deleted documents, and documents of several terms, would have needed */
}

void
finish_list(ScoredList *list)
{
    for (int64_t window = 1; window <= list->windows; window++) /* windows without postings */
        if (!list->starts[window])
            list->starts[window] = list->starts[window - 1];
}

ScoredList *
new_list(Postings *postings)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(list_type, Py_tp_alloc);
    ScoredList *list = (ScoredList *)allocate(list_type, 0); /* zeros */
    if (!list)
        return NULL;
    Py_INCREF((PyObject *)postings);
    list->postings = postings;
    for (int which = 0; which < CUTOFF_COUNT; which++)
        list->cutoffs[which] = NAN;
    list->windows = (postings->document_count + WINDOW - 1) >> WINDOW_BITS;
    list->starts = calloc((size_t)list->windows + 1, sizeof *list->starts);
    list->maxima = calloc((size_t)list->windows + 1, sizeof *list->maxima);
    if (list->starts && list->maxima)
        return list;
    Py_DECREF((PyObject *)list);
    PyErr_NoMemory();
    return NULL;
}

PyObject *
scored_list(PyObject *object, PyObject *given)
{
    Postings *self = (Postings *)object;
    PyObject *terms = PySequence_Tuple(given);
    if (!terms)
        return NULL;
    ScoredList *list = NULL;
    Term *taken = malloc(((size_t)PyTuple_Size(terms) + 1) * sizeof *taken);
    if (!taken) {
        PyErr_NoMemory();
    } else if (take_terms(self, terms, taken) == 0) {
        list = new_list(self);
        if (list && fill(list, taken, PyTuple_Size(terms)) < 0)
            Py_CLEAR(list);
    }
    free(taken);
    Py_DECREF(terms);
    return (PyObject *)list;
}

/* Return the *wanted*-th of *values* in descending order, which are put into another order (Hoare's selection). */
static float
select_descending(float *values, int64_t count, int64_t wanted)
{
    int64_t low = 0, high = count - 1;
    while (low < high) {
        float pivot = values[low + (high - low) / 2];
        int64_t left = low, right = high;
        while (left <= right) {
            while (values[left] > pivot)
                left++;
            while (values[right] < pivot)
                right--;
            if (left <= right) {
                float swapped = values[left];
                values[left++] = values[right];
                values[right--] = swapped;
            }
        }
        if (wanted <= right)
            high = right;
        else if (wanted >= left)
            low = left;
        else
            break;
    }
    return values[wanted];
}

int
cutoff_of_best(ScoredList *list, int64_t limit, float *minimum)
{
    *minimum = -INFINITY;
    int which = 0;
    while (which < CUTOFF_COUNT && CUTOFF_RANKS[which] < limit)
        which++;
    if (which == CUTOFF_COUNT || list->count < CUTOFF_RANKS[which])
        return 0;
    if (isnan(list->cutoffs[which])) {
        float *values = malloc((size_t)list->count * sizeof *values);
        if (!values) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(values, list->scores, (size_t)list->count * sizeof *values);
        list->cutoffs[which] = select_descending(values, list->count, CUTOFF_RANKS[which] - 1);
        free(values);
    }
    *minimum = list->cutoffs[which];
    return 0;
}

static void
list_dealloc(PyObject *object)
{
    ScoredList *list = (ScoredList *)object;
    PyTypeObject *type = Py_TYPE(object);
    free(list->starts);
    free(list->maxima);
    free(list->offsets);
    free(list->scores);
    Py_XDECREF((PyObject *)list->postings);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static Py_ssize_t
list_length(PyObject *object)
{
    return (Py_ssize_t)((ScoredList *)object)->count;
}

/* Bytes that it takes in memory. */
static PyObject *
list_bytes(PyObject *object, void *Py_UNUSED(closure))
{
    const ScoredList *list = (ScoredList *)object;
    size_t posting = sizeof *list->offsets + sizeof *list->scores, window = sizeof *list->starts + sizeof *list->maxima;
    return PyLong_FromSize_t(sizeof *list + (size_t)list->count * posting + (size_t)list->windows * window);
}

static PyGetSetDef attributes[] = {
    {"nbytes", list_bytes, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"postings", list_postings, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot type_slots[] = {
    {Py_tp_methods, methods},
    {Py_tp_dealloc, list_dealloc},
    {Py_sq_length, list_length},
    {Py_tp_getset, attributes},
    {0, NULL},
};

static PyType_Spec specification = {
    .name = "arsearch.kernel._native.ScoredList",
    .basicsize = sizeof(ScoredList),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = type_slots,
};

int
make_list_type(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &specification, NULL);
    PyTypeObject *before = list_type;
    list_type = (PyTypeObject *)type;
    Py_XDECREF((PyObject *)before);
    return type ? PyModule_AddObjectRef(module, "ScoredList", type) : -1;
}

int
is_list_of(PyObject *object, const Postings *postings)
{
    return Py_IS_TYPE(object, list_type) && ((ScoredList *)object)->postings == postings;
}

/* Opening the postings of an index, and scoring them by BM25. */

#include "postings.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* Bounds are computed in another order than scores; a few units in the last place are left for that. */
#define A_HAIR_MORE 1.000001f

VECTORISED static void
widen_bytes(const uint8_t *restrict from, int count, float *restrict to)
{
    for (int index = 0; index < count; index++)
        to[index] = (float)from[index];
}

static void
widen(const void *frequencies, Py_ssize_t width, int64_t from, int count, float *to)
{
    if (width == 1) {
        widen_bytes((const uint8_t *)frequencies + from, count, to);
    } else if (width == 2) {
        const uint16_t *given = (const uint16_t *)frequencies + from;
        for (int index = 0; index < count; index++)
            to[index] = (float)given[index];
    } else if (width == 4) {
        const uint32_t *given = (const uint32_t *)frequencies + from;
        for (int index = 0; index < count; index++)
            to[index] = (float)given[index];
    } else {
        const uint64_t *given = (const uint64_t *)frequencies + from;
        for (int index = 0; index < count; index++)
            to[index] = (float)given[index];
    }
}

/* The same operations in the same order as NumPy's idf * f / (f + norm) * boost, so that scores are equal to the bit. */
VECTORISED static uint32_t
score_block(const int32_t *restrict documents, const float *restrict frequencies, const float *restrict norms,
            float idf, float boost, int count, int32_t first, uint32_t size, int32_t *restrict places,
            float *restrict scores)
{
    uint32_t outside = 0;
    for (int index = 0; index < count; index++) {
        uint32_t place = (uint32_t)documents[index] - (uint32_t)first;
        uint32_t is_outside = place >= size;
        outside |= is_outside;
        place = is_outside ? 0 : place;
        places[index] = (int32_t)place;
        float frequency = frequencies[index];
        float score = idf * frequency / (frequency + norms[place]) * boost;
        outside |= !(score > 0); /* a frequency of 0 */
        scores[index] = score;
    }
    return outside;
}

int
score_postings(const Cursor *cursor, int64_t from, int count, int32_t first, int32_t size, int32_t *places,
               float *scores)
{
    float frequencies[BLOCK];
    widen(cursor->frequencies, cursor->width, from, count, frequencies);
    return !score_block(cursor->documents + from, frequencies, cursor->norms + first, cursor->idf, cursor->boost, count,
                        first, (uint32_t)size, places, scores);
}

/* Find the greatest f / (f + norm) of each block of a list. Returns the greatest of all, or -1 with an error set. */
static float
find_maxima(Segment *segment, Py_ssize_t number, const Cursor *cursor)
{
    int64_t block_count = (cursor->count + BLOCK - 1) >> BLOCK_BITS;
    float *blocks = NULL;
    if (block_count > 1) {
        blocks = malloc((size_t)block_count * sizeof *blocks);
        if (!blocks) {
            PyErr_NoMemory();
            return -1;
        }
    }
    Cursor plain = *cursor;
    plain.idf = plain.boost = 1;
    int32_t places[BLOCK];
    float scores[BLOCK];
    float highest = 0;
    for (int64_t block = 0; block < block_count; block++) {
        int64_t from = block << BLOCK_BITS;
        int count = (int)(cursor->count - from < BLOCK ? cursor->count - from : BLOCK);
        if (!score_postings(&plain, from, count, 0, (int32_t)segment->size, places, scores)) {
            PyErr_SetString(PyExc_ValueError, "a posting is of a document that the segment does not have, or of no word");
            free(blocks);
            return -1;
        }
        float best = 0;
        for (int index = 0; index < count; index++)
            best = scores[index] > best ? scores[index] : best;
        if (blocks)
            blocks[block] = best;
        highest = best > highest ? best : highest;
    }
    segment->blocks[number] = blocks;
    segment->highest[number] = highest > 0 ? highest : FLT_MIN; /* 0 says that it is not known */
    return segment->highest[number];
}

int
open_cursor(Postings *self, Segment *segment, Py_ssize_t segment_index, const Term *term, Cursor *cursor)
{
    PyObject *item = PyTuple_GetItem(term->numbers, segment_index);
    if (!item)
        return -1;
    Py_ssize_t number = PyLong_AsSsize_t(item);
    if (number == -1 && PyErr_Occurred())
        return -1;
    if (number < 0)
        return 0;
    if (number >= segment->terms) {
        PyErr_SetString(PyExc_ValueError, "the segment has no such term");
        return -1;
    }
    int64_t first = segment->offsets[number], last = segment->offsets[number + 1];
    int64_t postings = segment->documents_view.len / (Py_ssize_t)sizeof(int32_t);
    if (first < 0 || last < first || last > postings) {
        PyErr_SetString(PyExc_ValueError, "the postings of a term are outside of its column");
        return -1;
    }
    if (first == last)
        return 0;
    cursor->documents = segment->documents + first;
    cursor->frequencies = (const char *)segment->frequencies + first * segment->width;
    cursor->width = segment->width;
    cursor->count = last - first;
    cursor->at = cursor->end = 0;
    cursor->norms = self->norms[term->field] + segment->base;
    cursor->idf = term->idf;
    cursor->boost = term->boost;
    cursor->counted = term->counted;
    cursor->highest = segment->highest[number];
    if (cursor->highest == 0) {
        cursor->highest = find_maxima(segment, number, cursor);
        if (cursor->highest < 0)
            return -1;
    }
    cursor->blocks = segment->blocks[number];
    cursor->ceiling = term->idf * term->boost * A_HAIR_MORE;
    return 1;
}

void
find_window(Cursor *cursor, int64_t last)
{
    const int32_t *documents = cursor->documents;
    int64_t low = cursor->at, step = 1, high;
    if (documents[cursor->count - 1] < last) {
        high = cursor->count;
    } else {
        /* Doubling steps, then bisection: what is before low is before last, what is at high is not. */
        while (low + step < cursor->count && documents[low + step - 1] < last) {
            low += step;
            step *= 2;
        }
        high = low + step < cursor->count ? low + step : cursor->count;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (documents[middle] < last)
                low = middle + 1;
            else
                high = middle;
        }
    }
    cursor->end = high;
    float best = 0;
    if (high > cursor->at) {
        best = cursor->highest;
        if (cursor->blocks) {
            best = 0;
            for (int64_t block = cursor->at >> BLOCK_BITS; block <= (high - 1) >> BLOCK_BITS; block++)
                best = cursor->blocks[block] > best ? cursor->blocks[block] : best;
        }
    }
    cursor->bound = (double)(best * cursor->ceiling);
}

int
window_bits(const Postings *self)
{
    int bits = LEAST_WINDOW_BITS;
    while (bits < MOST_WINDOW_BITS && ((int64_t)1 << bits) < self->document_count)
        bits++;
    return bits;
}

static void
close_postings(Postings *self)
{
    for (Py_ssize_t index = 0; index < self->segment_count; index++) {
        Segment *segment = &self->segments[index];
        if (segment->blocks)
            for (Py_ssize_t term = 0; term < segment->terms; term++)
                free(segment->blocks[term]);
        free(segment->blocks);
        free(segment->highest);
        if (segment->offsets_view.obj)
            PyBuffer_Release(&segment->offsets_view);
        if (segment->documents_view.obj)
            PyBuffer_Release(&segment->documents_view);
        if (segment->frequencies_view.obj)
            PyBuffer_Release(&segment->frequencies_view);
    }
    for (Py_ssize_t field = 0; field < self->field_count; field++)
        if (self->norm_views[field].obj)
            PyBuffer_Release(&self->norm_views[field]);
    if (self->live_view.obj)
        PyBuffer_Release(&self->live_view);
    free(self->segments);
    free(self->norm_views);
    free((void *)self->norms);
    free(self->totals);
    free(self->seen);
    free(self->touched);
}

static void
postings_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    close_postings((Postings *)object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static int
open_segment(Segment *segment, PyObject *parts)
{
    PyObject *offsets, *documents, *frequencies;
    long long size;
    if (!PyArg_ParseTuple(parts, "OOOL;a segment: offsets, documents, frequencies, size", &offsets, &documents,
                          &frequencies, &size))
        return -1;
    if (take_array(offsets, &segment->offsets_view, 0, 8, "ql", "offsets") < 0 ||
        take_array(documents, &segment->documents_view, 0, 4, "il", "documents") < 0 ||
        PyObject_GetBuffer(frequencies, &segment->frequencies_view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    segment->width = segment->frequencies_view.itemsize;
    segment->terms = segment->offsets_view.len / 8 - 1;
    Py_ssize_t postings = segment->documents_view.len / 4;
    const char *format = segment->frequencies_view.format ? segment->frequencies_view.format : "B";
    if (!strchr("BHILQ", format[format[0] == '<']) || segment->width > 8) {
        PyErr_SetString(PyExc_TypeError, "frequencies must be unsigned integers");
        return -1;
    }
    if (segment->terms < 0 || segment->frequencies_view.len / segment->width != postings || size < 0 ||
        size > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the columns of a segment do not fit together");
        return -1;
    }
    segment->offsets = segment->offsets_view.buf;
    segment->documents = segment->documents_view.buf;
    segment->frequencies = segment->frequencies_view.buf;
    segment->size = size;
    segment->highest = calloc((size_t)segment->terms + 1, sizeof *segment->highest);
    segment->blocks = calloc((size_t)segment->terms + 1, sizeof *segment->blocks);
    if (!segment->highest || !segment->blocks) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static int
open_postings(Postings *self, PyObject *segments, PyObject *norms, PyObject *live)
{
    if (!PyTuple_Check(segments) || !PyTuple_Check(norms)) {
        PyErr_SetString(PyExc_TypeError, "segments and norms must be tuples");
        return -1;
    }
    Py_ssize_t segment_count = PyTuple_Size(segments), field_count = PyTuple_Size(norms);
    self->segments = calloc((size_t)segment_count + 1, sizeof *self->segments);
    self->norm_views = calloc((size_t)field_count + 1, sizeof *self->norm_views);
    self->norms = calloc((size_t)field_count + 1, sizeof *self->norms);
    self->totals = calloc(MOST_WINDOW, sizeof *self->totals);
    self->seen = calloc(MOST_WINDOW, sizeof *self->seen);
    self->touched = calloc(MOST_WINDOW + 1, sizeof *self->touched);
    if (!self->segments || !self->norm_views || !self->norms || !self->totals || !self->seen || !self->touched) {
        PyErr_NoMemory();
        return -1;
    }
    self->segment_count = segment_count;
    self->field_count = field_count;
    for (Py_ssize_t index = 0; index < segment_count; index++) {
        self->segments[index].base = self->document_count;
        if (open_segment(&self->segments[index], PyTuple_GetItem(segments, index)) < 0)
            return -1;
        self->document_count += self->segments[index].size;
    }
    for (Py_ssize_t field = 0; field < field_count; field++) {
        if (take_array(PyTuple_GetItem(norms, field), &self->norm_views[field], 0, 4, "f", "norms") < 0)
            return -1;
        self->norms[field] = self->norm_views[field].buf;
        if (self->norm_views[field].len / 4 != self->document_count) {
            PyErr_SetString(PyExc_ValueError, "there must be a norm for each document");
            return -1;
        }
    }
    if (live != Py_None) {
        if (take_array(live, &self->live_view, 0, 1, "?", "live") < 0)
            return -1;
        if (self->live_view.len != self->document_count) {
            PyErr_SetString(PyExc_ValueError, "live must say of each document whether it is");
            return -1;
        }
        self->live = self->live_view.buf;
    }
    return 0;
}

static PyObject *
postings_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *segments, *norms, *live;
    if (keywords && PyDict_Size(keywords)) {
        PyErr_SetString(PyExc_TypeError, "Postings takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "OOO:Postings", &segments, &norms, &live))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *self = allocate(type, 0); /* zeros */
    if (self && open_postings((Postings *)self, segments, norms, live) < 0)
        Py_CLEAR(self);
    return self;
}

static PyMethodDef methods[] = {
    {"best", (PyCFunction)(void (*)(void))postings_best, METH_FASTCALL, NULL},
    
    {NULL, NULL, 0, NULL},
};

static PyType_Slot type_slots[] = {
    {Py_tp_new, postings_new},
    {Py_tp_dealloc, postings_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec specification = {
    .name = "arsearch.kernel._native.Postings",
    .basicsize = sizeof(Postings),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = type_slots,
};

int
add_postings(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &specification, NULL);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "Postings", type);
    Py_DECREF(type);
    return failed;
}

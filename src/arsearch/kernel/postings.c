/* Opening the postings of an index. */

#include "postings.h"

#include <stdlib.h>

static void
close_postings(Postings *self)
{
    for (Py_ssize_t index = 0; index < self->segment_count; index++) {
        Segment *segment = &self->segments[index];
        if (segment->offsets.obj)
            PyBuffer_Release(&segment->offsets);
        if (segment->counts.obj)
            PyBuffer_Release(&segment->counts);
        if (segment->packed.obj)
            PyBuffer_Release(&segment->packed);
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
    PyObject *offsets, *counts, *packed;
    long long size;
    if (!PyArg_ParseTuple(parts, "OOOL;a segment: offsets, counts, packed, size", &offsets, &counts, &packed, &size))
        return -1;
    if (take_offsets(offsets, &segment->offsets, "offsets") < 0 ||
        take_unsigned(counts, &segment->counts, "counts") < 0 ||
        take_array(packed, &segment->packed, 0, 1, "B", "packed") < 0)
        return -1;
    segment->terms = segment->offsets.len / segment->offsets.itemsize - 1;
    if (segment->terms < 0 || segment->counts.len / segment->counts.itemsize != segment->terms || size < 0 ||
        size > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the columns of a segment do not fit together");
        return -1;
    }
    segment->size = size;
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
    self->totals = calloc(WINDOW, sizeof *self->totals);
    self->seen = calloc(WINDOW, sizeof *self->seen);
    self->touched = calloc(WINDOW + 1, sizeof *self->touched);
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
    if (self->document_count > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "an index has at most 2,147,483,647 documents");
        return -1;
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
    {"scored_list", scored_list, METH_O, NULL},
    {"list_of", (PyCFunction)(void (*)(void))list_of, METH_FASTCALL, NULL},
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
    int failed = PyModule_AddObjectRef(module, "Postings", type) < 0 || make_list_type(module) < 0 ? -1 : 0;
    Py_DECREF(type);
    return failed;
}

/* The terms of one field in all segments of an index: which numbers they have, and in how many live documents they are. */

#include "packing.h"
#include "terms.h"

#include <stdlib.h>

enum { TERM_BYTES, TERM_OFFSETS, POSTING_COUNTS, POSTING_OFFSETS, POSTING_BYTES, LIVE, COLUMNS };

/* One segment. Nothing is copied; the buffers are held as long as the object lives. */
typedef struct {
    Py_buffer views[COLUMNS]; /* LIVE has no object where all documents live */
    int64_t first, last;      /* the terms of the field */
} FieldSegment;

typedef struct {
    PyObject_HEAD
    Py_ssize_t segment_count;
    FieldSegment *segments;
} FieldTerms;

static void
field_terms_dealloc(PyObject *object)
{
    FieldTerms *self = (FieldTerms *)object;
    PyTypeObject *type = Py_TYPE(object);
    for (Py_ssize_t index = 0; index < self->segment_count; index++)
        release_arrays(self->segments[index].views, COLUMNS);
    free(self->segments);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static int
open_field_segment(FieldSegment *segment, PyObject *parts)
{
    PyObject *columns[COLUMNS];
    long long first, last;
    if (!PyArg_ParseTuple(parts, "OOOOOOLL;a segment: its columns, live, first, last", &columns[0], &columns[1], &columns[2],
                          &columns[3], &columns[4], &columns[5], &first, &last))
        return -1;
    Py_buffer *views = segment->views;
    if (take_array(columns[TERM_BYTES], &views[TERM_BYTES], 0, 1, "B", "term_bytes") < 0 ||
        take_offsets(columns[TERM_OFFSETS], &views[TERM_OFFSETS], "term_offsets") < 0 ||
        take_unsigned(columns[POSTING_COUNTS], &views[POSTING_COUNTS], "posting_counts") < 0 ||
        take_offsets(columns[POSTING_OFFSETS], &views[POSTING_OFFSETS], "posting_offsets") < 0 ||
        take_array(columns[POSTING_BYTES], &views[POSTING_BYTES], 0, 1, "B", "posting_bytes") < 0 ||
        (columns[LIVE] != Py_None && take_array(columns[LIVE], &views[LIVE], 0, 1, "?", "live") < 0))
        return -1;
    int64_t terms = views[TERM_OFFSETS].len / views[TERM_OFFSETS].itemsize - 1;
    if (terms < 0 || views[POSTING_COUNTS].len / views[POSTING_COUNTS].itemsize != terms ||
        views[POSTING_OFFSETS].len / views[POSTING_OFFSETS].itemsize != terms + 1 || first < 0 || last < first ||
        last > terms) {
        PyErr_SetString(PyExc_ValueError, "the columns of a segment do not fit together");
        return -1;
    }
    segment->first = first;
    segment->last = last;
    return 0;
}

static PyObject *
field_terms_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *segments;
    if (keywords && PyDict_Size(keywords)) {
        PyErr_SetString(PyExc_TypeError, "FieldTerms takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "O:FieldTerms", &segments))
        return NULL;
    if (!PyTuple_Check(segments)) {
        PyErr_SetString(PyExc_TypeError, "segments must be a tuple");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    FieldTerms *self = (FieldTerms *)allocate(type, 0); /* zeros */
    if (!self)
        return NULL;
    Py_ssize_t count = PyTuple_Size(segments);
    self->segments = calloc((size_t)count + 1, sizeof *self->segments);
    if (!self->segments) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    self->segment_count = count;
    for (Py_ssize_t index = 0; index < count; index++)
        if (open_field_segment(&self->segments[index], PyTuple_GetItem(segments, index)) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    return (PyObject *)self;
}

/* The number of *text* in *segment*, -1 if it is not there. */
static int64_t
find_term(const FieldSegment *segment, const char *text, int64_t length)
{
    const Py_buffer *bytes = &segment->views[TERM_BYTES], *offsets = &segment->views[TERM_OFFSETS];
    int64_t number = bisect_terms(bytes, offsets, text, length, segment->first, segment->last), begin;
    if (number == segment->last || term_at(bytes->len, offsets, number, &begin) != length ||
        (length && memcmp((const uint8_t *)bytes->buf + begin, text, (size_t)length)))
        return -1;
    return number;
}

/* In how many live documents of *segment* the term *number* is; -1 with an error set if its postings are damaged. */
static int64_t
count_live(const FieldSegment *segment, int64_t number)
{
    const Py_buffer *views = segment->views;
    uint64_t stored = unsigned_at(&views[POSTING_COUNTS], number);
    if (!views[LIVE].obj)
        return stored > INT64_MAX ? INT64_MAX : (int64_t)stored;
    const uint8_t *packed = views[POSTING_BYTES].buf, *live = views[LIVE].buf;
    int64_t begin = offset_at(&views[POSTING_OFFSETS], number), end = offset_at(&views[POSTING_OFFSETS], number + 1);
    int64_t found = 0;
    int32_t documents[BLOCK];
    uint32_t frequencies[BLOCK];
    if (begin < 0 || end < begin || end > views[POSTING_BYTES].len - PADDING || stored > (uint64_t)INT32_MAX)
        goto damaged;
    PostingRun run = {packed + begin, packed + end, (int64_t)stored, 0};
    while (run.left) {
        int read = read_block(&run, documents, frequencies);
        if (read < 0 || documents[read - 1] >= views[LIVE].len)
            goto damaged;
        for (int index = 0; index < read; index++)
            found += live[documents[index]];
    }
    return found;
damaged:
    PyErr_SetString(PyExc_ValueError, "the postings of a segment are damaged");
    return -1;
}

/* numbers(text): its number in each segment, a tuple, -1 where it is not. */
static PyObject *
field_terms_numbers(PyObject *object, PyObject *text)
{
    FieldTerms *self = (FieldTerms *)object;
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(text, &bytes, &length) < 0)
        return NULL;
    PyObject *numbers = PyTuple_New(self->segment_count);
    for (Py_ssize_t index = 0; numbers && index < self->segment_count; index++) {
        PyObject *number = PyLong_FromLongLong(find_term(&self->segments[index], bytes, length));
        if (!number || PyTuple_SetItem(numbers, index, number) < 0)
            Py_CLEAR(numbers);
    }
    return numbers;
}

/* In how many live documents the term is; -1 with an error set if it is no bytes or postings are damaged. */
static int64_t
frequency_of(const FieldTerms *self, PyObject *text)
{
    char *bytes;
    Py_ssize_t length;
    int64_t total = 0;
    if (PyBytes_AsStringAndSize(text, &bytes, &length) < 0)
        return -1;
    for (Py_ssize_t index = 0; index < self->segment_count; index++) {
        int64_t number = find_term(&self->segments[index], bytes, length);
        int64_t count = number < 0 ? 0 : count_live(&self->segments[index], number);
        if (count < 0)
            return -1;
        total = count > INT64_MAX - total ? INT64_MAX : total + count;
    }
    return total;
}

/* frequency(text): in how many live documents it is. */
static PyObject *
field_terms_frequency(PyObject *object, PyObject *text)
{
    int64_t total = frequency_of((FieldTerms *)object, text);
    return total < 0 ? NULL : PyLong_FromLongLong(total);
}

/* find(text): its numbers, as numbers(text) has them, and its frequency; None if no live document has it. */
static PyObject *
field_terms_find(PyObject *object, PyObject *text)
{
    int64_t total = frequency_of((FieldTerms *)object, text);
    if (total < 0)
        return NULL;
    if (!total) {
        Py_INCREF(Py_None);
        return Py_None;
    }
    PyObject *numbers = field_terms_numbers(object, text);
    return numbers ? Py_BuildValue("NL", numbers, (long long)total) : NULL;
}

/* The number of the first term of *segment* from *first* on that does not begin with *prefix*, which those from there do
 * that do at all. */
static int64_t
end_of_prefix(const FieldSegment *segment, const char *prefix, int64_t length, int64_t first)
{
    const Py_buffer *bytes = &segment->views[TERM_BYTES], *offsets = &segment->views[TERM_OFFSETS];
    int64_t low = first, high = segment->last, step = 1, begin;
    for (int64_t at = first; at < segment->last; at += step, step *= 2) { /* the range is mostly short */
        if (term_at(bytes->len, offsets, at, &begin) < length ||
            memcmp((const uint8_t *)bytes->buf + begin, prefix, (size_t)length)) {
            high = at;
            break;
        }
        low = at + 1;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (term_at(bytes->len, offsets, middle, &begin) < length ||
            memcmp((const uint8_t *)bytes->buf + begin, prefix, (size_t)length))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The terms that begin with *bytes*, those of one segment after those of another; none if a segment has more than *most*. */
static PyObject *
terms_beginning(const FieldTerms *self, PyObject *bytes, int64_t most)
{
    char *prefix;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(bytes, &prefix, &length) < 0)
        return NULL;
    PyObject *found = PyList_New(0);
    for (Py_ssize_t index = 0; found && index < self->segment_count; index++) {
        const FieldSegment *segment = &self->segments[index];
        const Py_buffer *bytes = &segment->views[TERM_BYTES], *offsets = &segment->views[TERM_OFFSETS];
        int64_t first = bisect_terms(bytes, offsets, prefix, length, segment->first, segment->last);
        int64_t end = end_of_prefix(segment, prefix, length, first);
        if (end - first > most) {
            Py_DECREF(found);
            return PyList_New(0);
        }
        for (int64_t number = first; found && number < end; number++) {
            int64_t begin, size = term_at(bytes->len, offsets, number, &begin);
            PyObject *term = PyBytes_FromStringAndSize((const char *)bytes->buf + (size ? begin : 0), (Py_ssize_t)size);
            if (!term || PyList_Append(found, term) < 0)
                Py_CLEAR(found);
            Py_XDECREF(term);
        }
    }
    return found;
}

/* with_prefixes(prefixes, most): for each of a list of *prefixes* a list of the terms that begin with it, those of one segment
 * after those of another; none if a segment has more than *most* of them. */
static PyObject *
field_terms_with_prefixes(PyObject *object, PyObject *const *arguments, Py_ssize_t argument_count)
{
    if (argument_count != 2 || !PyList_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "with_prefixes takes a list of prefixes and most");
        return NULL;
    }
    int64_t most = PyLong_AsLongLong(arguments[1]);
    if (PyErr_Occurred())
        return NULL;
    Py_ssize_t count = PyList_Size(arguments[0]);
    PyObject *found = PyList_New(count);
    for (Py_ssize_t at = 0; found && at < count; at++) {
        PyObject *terms = terms_beginning((FieldTerms *)object, PyList_GetItem(arguments[0], at), most);
        if (!terms || PyList_SetItem(found, at, terms) < 0)
            Py_CLEAR(found);
    }
    return found;
}

static PyMethodDef methods[] = {
    {"numbers", field_terms_numbers, METH_O, NULL},
    {"frequency", field_terms_frequency, METH_O, NULL},
    {"find", field_terms_find, METH_O, NULL},
    {"with_prefixes", (PyCFunction)(void (*)(void))field_terms_with_prefixes, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot type_slots[] = {
    {Py_tp_new, field_terms_new},
    {Py_tp_dealloc, field_terms_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec specification = {
    .name = "arsearch.kernel._native.FieldTerms",
    .basicsize = sizeof(FieldTerms),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = type_slots,
};

int
make_field_terms_type(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &specification, NULL);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "FieldTerms", type);
    Py_DECREF(type);
    return failed;
}

/* Where a text stands among the sorted terms of a segment: arsearch.lexical.segment.dictionary says how they are kept. */

#include "kernel.h"

#include <string.h>

/* Whether term *number* comes before *text*. Offsets that lie outside are those of an empty term. */
static int
is_before(const uint8_t *bytes, int64_t byte_count, const Py_buffer *offsets, int64_t number, const char *text,
          int64_t length)
{
    int64_t begin = offset_at(offsets, number), end = offset_at(offsets, number + 1);
    end = end > byte_count ? byte_count : end;
    int64_t size = begin < 0 || end <= begin ? 0 : end - 1 - begin; /* a line feed follows */
    int order = size ? memcmp(bytes + begin, text, (size_t)(size < length ? size : length)) : 0;
    return order < 0 || (order == 0 && size < length);
}

/* first_not_before(term_bytes, term_offsets, text, first, last) -> number: bisect_left on the terms first .. last. */
static PyObject *
first_not_before(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    if (argument_count != 5) {
        PyErr_SetString(PyExc_TypeError, "first_not_before takes term_bytes, term_offsets, text, first and last");
        return NULL;
    }
    char *text;
    Py_ssize_t length;
    Py_buffer bytes = {0}, offsets = {0};
    PyObject *result = NULL;
    int64_t low = PyLong_AsLongLong(arguments[3]), high = PyLong_AsLongLong(arguments[4]);
    if (PyErr_Occurred() || PyBytes_AsStringAndSize(arguments[2], &text, &length) < 0 ||
        take_array(arguments[0], &bytes, 0, 1, "B", "term_bytes") < 0)
        return NULL;
    if (take_offsets(arguments[1], &offsets, "term_offsets") < 0)
        goto end;
    if (low < 0 || high > (int64_t)(offsets.len / offsets.itemsize) - 1) {
        PyErr_SetString(PyExc_IndexError, "the segment has no such terms");
        goto end;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (is_before(bytes.buf, bytes.len, &offsets, middle, text, length))
            low = middle + 1;
        else
            high = middle;
    }
    result = PyLong_FromLongLong(low);
end:
    PyBuffer_Release(&bytes);
    if (offsets.obj)
        PyBuffer_Release(&offsets);
    return result;
}

static PyMethodDef functions[] = {
    {"first_not_before", (PyCFunction)(void (*)(void))first_not_before, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_terms(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Where a text stands among the sorted terms of a segment: arsearch.lexical.segment.dictionary says how they are kept. */

#include "terms.h"

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
    result = PyLong_FromLongLong(bisect_terms(&bytes, &offsets, text, length, low, high));
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
    return PyModule_AddFunctions(module, functions) < 0 ? -1 : make_field_terms_type(module);
}

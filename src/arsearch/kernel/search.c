/* Asking for the best documents from Python, and what comes back. */

#include "search.h"

#include <math.h>
#include <stdlib.h>

/* Read the terms of a query: tuples that begin as arsearch.lexical.postings.NativeTerm does. */
static int
take_terms(Search *search, PyObject *terms)
{
    if (!PyList_Check(terms)) {
        PyErr_SetString(PyExc_TypeError, "terms must be a list");
        return -1;
    }
    Py_ssize_t count = PyList_Size(terms);
    if (count > MOST_TERMS) {
        PyErr_Format(PyExc_ValueError, "at most %d terms are searched at once", MOST_TERMS);
        return -1;
    }
    for (Py_ssize_t place = 0; place < count; place++) {
        PyObject *item = PyList_GetItem(terms, place);
        if (!PyTuple_Check(item) || PyTuple_Size(item) < 5 || !PyTuple_Check(PyTuple_GetItem(item, 1))) {
            PyErr_SetString(PyExc_TypeError, "a term is a tuple of at least five, the second a tuple too");
            return -1;
        }
        Term *term = &search->terms[place];
        term->field = PyLong_AsSsize_t(PyTuple_GetItem(item, 0));
        term->numbers = PyTuple_GetItem(item, 1);
        term->idf = (float)PyFloat_AsDouble(PyTuple_GetItem(item, 2));
        term->boost = (float)PyFloat_AsDouble(PyTuple_GetItem(item, 3));
        term->counted = PyObject_IsTrue(PyTuple_GetItem(item, 4));
        if (PyErr_Occurred())
            return -1;
        if (term->field < 0 || term->field >= search->index->field_count || !(term->idf * term->boost > 0) || !(term->idf > 0) ||
            PyTuple_Size(term->numbers) != search->index->segment_count) {
            PyErr_SetString(PyExc_ValueError, "a term is of a field or of segments that are not there, or scores nothing");
            return -1;
        }
    }
    search->term_count = (int)count;
    return 0;
}

static int
by_rank(const void *one, const void *other)
{
    return is_worse(*(const Hit *)one, *(const Hit *)other) ? 1 : -1;
}

static PyObject *
found(Search *search)
{
    Best *best = &search->best;
    throw_away(best);
    qsort(best->hits, (size_t)best->size, sizeof *best->hits, by_rank);
    PyObject *documents = PyByteArray_FromStringAndSize(NULL, best->size * (Py_ssize_t)sizeof(int64_t));
    PyObject *scores = PyByteArray_FromStringAndSize(NULL, best->size * (Py_ssize_t)sizeof(float));
    if (!documents || !scores) {
        Py_XDECREF(documents);
        Py_XDECREF(scores);
        return NULL;
    }
    int64_t *numbers = (int64_t *)PyByteArray_AsString(documents);
    float *values = (float *)PyByteArray_AsString(scores);
    for (Py_ssize_t place = 0; place < best->size; place++) {
        numbers[place] = best->hits[place].document;
        values[place] = best->hits[place].score;
    }
    return Py_BuildValue("(NNL)", documents, scores, (long long)search->total);
}

PyObject *
postings_best(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Postings *index = (Postings *)self;
    if (count != 5) {
        PyErr_SetString(PyExc_TypeError, "best takes terms, limit, allowed, counting and matched");
        return NULL;
    }
    Search *search = malloc(sizeof *search);
    if (!search)
        return PyErr_NoMemory();
    search->index = index;
    search->allowed = search->matched = NULL;
    search->total = 0;
    search->below[0] = 0;
    search->best = (Best){NULL, 0, 0, -INFINITY};
    Py_buffer allowed = {0}, matched = {0};
    PyObject *result = NULL;
    Py_ssize_t most = PyLong_AsSsize_t(arguments[1]);
    search->counting = PyObject_IsTrue(arguments[3]);
    if (PyErr_Occurred() || take_terms(search, arguments[0]) < 0)
        goto end;
    if (arguments[2] != Py_None) {
        if (take_array(arguments[2], &allowed, 0, 1, "?", "allowed") < 0)
            goto end;
        search->allowed = allowed.buf;
    }
    if (arguments[4] != Py_None) {
        if (take_array(arguments[4], &matched, 1, 1, "B", "matched") < 0)
            goto end;
        search->matched = matched.buf;
    }
    if ((search->allowed && allowed.len != index->document_count) ||
        (search->matched && matched.len < (index->document_count + 7) / 8) || most < 0) {
        PyErr_SetString(PyExc_ValueError, "allowed or matched are of another index, or the limit is negative");
        goto end;
    }
    most = most < index->document_count ? most : (Py_ssize_t)index->document_count;
    search->best.most = most;
    search->best.least = most ? -INFINITY : INFINITY;
    search->best.hits = malloc((2 * (size_t)most + 1) * sizeof(Hit));
    if (!search->best.hits) {
        PyErr_NoMemory();
        goto end;
    }
    int32_t window = (int32_t)1 << window_bits(index);
    for (Py_ssize_t number = 0; number < index->segment_count; number++)
        if (search_segment(search, &index->segments[number], number, window) < 0)
            goto end;
    result = found(search);
end:
    free(search->best.hits);
    if (allowed.obj)
        PyBuffer_Release(&allowed);
    if (matched.obj)
        PyBuffer_Release(&matched);
    free(search);
    return result;
}

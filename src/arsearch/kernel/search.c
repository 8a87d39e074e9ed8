/* Asking for the best documents from Python, and what comes back. */

#include "search.h"

#include <math.h>
#include <stdlib.h>

/* Take the lists of a search, and room for what is found out about them. */
static int
take_lists(Search *search, PyObject *lists)
{
    if (!PyList_Check(lists)) {
        PyErr_SetString(PyExc_TypeError, "lists must be a list");
        return -1;
    }
    Py_ssize_t count = PyList_Size(lists);
    search->words = malloc(((size_t)count + 1) * sizeof *search->words);
    search->order = malloc(((size_t)count + 1) * sizeof *search->order);
    search->below = malloc(((size_t)count + 1) * sizeof *search->below);
    if (!search->words || !search->order || !search->below) {
        PyErr_NoMemory();
        return -1;
    }
    search->below[0] = 0;
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *item = PyList_GetItem(lists, index);
        if (!is_list_of(item, search->index)) {
            PyErr_SetString(PyExc_TypeError, "each of the lists must be one that scored_list of these postings made");
            return -1;
        }
        if (((ScoredList *)item)->count)
            search->words[search->word_count++] = (Word){.list = (ScoredList *)item};
    }
    return 0;
}

/* Where enough documents of one word score as much, others need not be looked at. */
static int
raise_cutoff(Search *search)
{
    for (Py_ssize_t index = 0; index < search->word_count; index++) {
        float minimum;
        if (cutoff_of_best((ScoredList *)search->words[index].list, search->best.limit, &minimum) < 0)
            return -1;
        if (minimum > search->best.minimum)
            search->best.minimum = minimum;
    }
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
    for (Py_ssize_t index = 0; index < best->size; index++) {
        numbers[index] = best->hits[index].document;
        values[index] = best->hits[index].score;
    }
    return Py_BuildValue("(NNL)", documents, scores, (long long)search->total);
}

PyObject *
postings_best(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Postings *index = (Postings *)self;
    if (count != 5) {
        PyErr_SetString(PyExc_TypeError, "best takes lists, limit, allowed, counting and matched");
        return NULL;
    }
    Search search = {.index = index, .best = {NULL, 0, 0, -INFINITY}};
    Py_buffer allowed = {0}, matched = {0};
    PyObject *result = NULL;
    Py_ssize_t limit = PyLong_AsSsize_t(arguments[1]);
    search.counting = PyObject_IsTrue(arguments[3]);
    if (PyErr_Occurred() || take_lists(&search, arguments[0]) < 0)
        goto end;
    if (arguments[2] != Py_None) {
        if (take_array(arguments[2], &allowed, 0, 1, "?", "allowed") < 0)
            goto end;
        search.allowed = allowed.buf;
    }
    if (arguments[4] != Py_None) {
        if (take_array(arguments[4], &matched, 1, 1, "B", "matched") < 0)
            goto end;
        search.matched = matched.buf;
    }
    if ((search.allowed && allowed.len != index->document_count) ||
        (search.matched && matched.len < (index->document_count + 7) / 8) || limit < 0) {
        PyErr_SetString(PyExc_ValueError, "allowed or matched are of another index, or the limit is negative");
        goto end;
    }
    limit = limit < index->document_count ? limit : (Py_ssize_t)index->document_count;
    search.best.limit = limit;
    search.best.minimum = limit ? -INFINITY : INFINITY;
    search.best.hits = malloc((2 * (size_t)limit + 1) * sizeof(Hit));
    if (!search.best.hits) {
        PyErr_NoMemory();
        goto end;
    }
    if (limit && !search.allowed && raise_cutoff(&search) < 0)
        goto end;
    search_index(&search);
    result = found(&search);
end:
    free(search.words);
    free(search.order);
    free(search.below);
    free(search.best.hits);
    if (allowed.obj)
        PyBuffer_Release(&allowed);
    if (matched.obj)
        PyBuffer_Release(&matched);
    return result;
}

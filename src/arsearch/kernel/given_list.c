/* Lists from arrays and back: what NumPy found and scored, such as phrases and the best of several names, as a list. */

#include "postings.h"

static int
add_given(ScoredList *list, const int64_t *documents, const float *scores, int64_t count)
{
    int64_t before = -1;
    for (int64_t index = 0; index < count; index++) {
        int64_t document = documents[index];
        if (document <= before || document >= list->postings->document_count || !(scores[index] > 0)) {
            PyErr_SetString(PyExc_ValueError, "documents are out of order or not in the index, or one scores nothing");
            return -1;
        }
        before = document;
        float *best = &list->maxima[document >> WINDOW_BITS];
        *best = scores[index] > *best ? scores[index] : *best;
        list->starts[(document >> WINDOW_BITS) + 1] = index + 1;
        list->offsets[index] = (uint16_t)(document & (WINDOW - 1));
        list->scores[index] = scores[index];
    }
    list->count = count;
    finish_list(list);
    return 0;
}

PyObject *
list_of(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "list_of takes documents and scores");
        return NULL;
    }
    Py_buffer documents = {0}, scores = {0};
    if (take_array(arguments[0], &documents, 0, 8, "ql", "documents") < 0)
        return NULL;
    ScoredList *list = NULL;
    if (take_array(arguments[1], &scores, 0, 4, "f", "scores") < 0)
        goto end;
    if (documents.len / 8 != scores.len / 4)
        PyErr_SetString(PyExc_ValueError, "there must be a score for each document");
    else
        list = new_list((Postings *)self);
    if (list && (make_room(list, scores.len / 4) < 0 ||
                 add_given(list, documents.buf, scores.buf, (int64_t)(scores.len / 4)) < 0))
        Py_CLEAR(list);
end:
    PyBuffer_Release(&documents);
    if (scores.obj)
        PyBuffer_Release(&scores);
    return (PyObject *)list;
}

PyObject *
list_postings(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    const ScoredList *list = (const ScoredList *)self;
    PyObject *documents = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(list->count * 8));
    PyObject *scores = PyByteArray_FromStringAndSize((const char *)list->scores, (Py_ssize_t)(list->count * 4));
    if (!documents || !scores) {
        Py_XDECREF(documents);
        Py_XDECREF(scores);
        return NULL;
    }
    int64_t *numbers = (int64_t *)PyByteArray_AsString(documents);
    for (int64_t window = 0; window < list->windows; window++)
        for (int64_t at = list->starts[window]; at < list->starts[window + 1]; at++)
            numbers[at] = (window << WINDOW_BITS) + list->offsets[at];
    return Py_BuildValue("(NN)", documents, scores);
}

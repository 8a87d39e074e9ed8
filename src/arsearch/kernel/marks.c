/* Snippets: where tokens stand in a text, and the piece of it that has most of a query. */

#include "kernel.h"

#include <stdlib.h>

enum { GAPS, WIDTHS, ESCAPED, ESCAPED_SPANS, ARRAYS };

/* token_spans(gaps, widths, escaped_tokens, escaped_spans, first, last, body) -> int64 (last - first, 2)
 *
 * Start and end of the tokens first .. last, of which those from *body* on count from 0 again:
 * lexical/segment/offsets.py says how they are packed. */
static PyObject *
token_spans(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    static const struct {
        Py_ssize_t size;
        const char *formats, *name;
    } kinds[ARRAYS] = {{1, "B", "token_gaps"}, {1, "B", "token_widths"}, {8, "ql", "escaped_tokens"}, {4, "il", "escaped_spans"}};
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS + 3) {
        PyErr_SetString(PyExc_TypeError, "token_spans takes four columns, first, last and body");
        return NULL;
    }
    int64_t first = PyLong_AsLongLong(arguments[ARRAYS]), last = PyLong_AsLongLong(arguments[ARRAYS + 1]);
    int64_t body = PyLong_AsLongLong(arguments[ARRAYS + 2]);
    if (PyErr_Occurred())
        return NULL;
    for (int array = 0; array < ARRAYS; array++)
        if (take_array(arguments[array], &views[array], 0, kinds[array].size, kinds[array].formats, kinds[array].name) < 0)
            goto end;
    const uint8_t *gaps = views[GAPS].buf, *widths = views[WIDTHS].buf;
    const int64_t *escaped = views[ESCAPED].buf;
    const int32_t *spans = views[ESCAPED_SPANS].buf;
    int64_t escapes = views[ESCAPED].len / 8;
    if (first < 0 || last < first || last > views[GAPS].len || last > views[WIDTHS].len ||
        views[ESCAPED_SPANS].len / 4 != 2 * escapes) {
        PyErr_SetString(PyExc_ValueError, "the offsets of tokens of a segment are damaged");
        goto end;
    }
    int64_t low = 0, high = escapes;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (escaped[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    result = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)((last - first) * 16));
    if (!result)
        goto end;
    int64_t *into = (int64_t *)PyByteArray_AsString(result), end = 0;
    for (int64_t token = first; token < last; token++) {
        int64_t gap = gaps[token], width = widths[token];
        if (low < escapes && escaped[low] == token) {
            gap = spans[2 * low];
            width = spans[2 * low + 1];
            low++;
        }
        if (token - first == body)
            end = 0;
        *into++ = end + gap;
        end += gap + width;
        *into++ = end;
    }
end:
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}


/* best_window(places, words, weights, reach, repeated) -> (first, last)
 *
 * Of matches at *places*, sorted, of the query words *words* with *weights* each: the first and the last place of the
 * piece of *reach* words, beginning with a match, that weighs most; search/snippets.py says what that is. */
static PyObject *
best_window(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    Py_buffer places_view = {0}, words_view = {0}, weights_view = {0};
    PyObject *result = NULL;
    double *most = NULL;
    int64_t *order = NULL;
    if (argument_count != 5) {
        PyErr_SetString(PyExc_TypeError, "best_window takes places, words, weights, reach and repeated");
        return NULL;
    }
    int64_t reach = PyLong_AsLongLong(arguments[3]);
    double repeated_share = PyFloat_AsDouble(arguments[4]);
    if (PyErr_Occurred() || take_array(arguments[0], &places_view, 0, 8, "ql", "places") < 0)
        return NULL;
    if (take_array(arguments[1], &words_view, 0, 8, "ql", "words") < 0 ||
        take_array(arguments[2], &weights_view, 0, 8, "d", "weights") < 0)
        goto end;
    const int64_t *places = places_view.buf, *words = words_view.buf;
    const double *weights = weights_view.buf;
    Py_ssize_t count = places_view.len / 8;
    if (!count || words_view.len / 8 != count || weights_view.len / 8 != count) {
        PyErr_SetString(PyExc_ValueError, "there are no matches, or not as many words or weights as places");
        goto end;
    }
    most = malloc((size_t)count * sizeof *most);
    order = malloc((size_t)count * sizeof *order);
    if (!most || !order) {
        PyErr_NoMemory();
        goto end;
    }
    double best_weight = -1;
    int64_t best_first = places[0], best_last = places[0];
    for (Py_ssize_t number = 0; number < count; number++) {
        double repeated = 0, total = 0;
        int64_t last = places[number];
        Py_ssize_t different = 0;
        for (Py_ssize_t index = number; index < count && reach > 0; index++) {
            if ((uint64_t)places[index] - (uint64_t)places[number] >= (uint64_t)reach) /* places that are none wrap */
                break;
            int64_t word = words[index];
            Py_ssize_t known = 0;
            while (known < different && order[known] != word)
                known++;
            if (known == different) {
                order[different++] = word;
                most[known] = 0;
            }
            if (weights[index] > most[known])
                most[known] = weights[index];
            repeated += weights[index] * repeated_share;
            last = places[index];
        }
        for (Py_ssize_t known = 0; known < different; known++)
            total += most[known];
        if (total + repeated > best_weight) {
            best_weight = total + repeated;
            best_first = places[number];
            best_last = last;
        }
    }
    result = Py_BuildValue("(LL)", (long long)best_first, (long long)best_last);
end:
    free(most);
    free(order);
    PyBuffer_Release(&places_view);
    if (words_view.obj)
        PyBuffer_Release(&words_view);
    if (weights_view.obj)
        PyBuffer_Release(&weights_view);
    return result;
}

static PyMethodDef functions[] = {
    {"token_spans", (PyCFunction)(void (*)(void))token_spans, METH_FASTCALL, NULL},
    {"best_window", (PyCFunction)(void (*)(void))best_window, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_marks(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Snippets: the piece of a text that has most of a query. */

#include "kernel.h"

#include <stdlib.h>

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
    {"best_window", (PyCFunction)(void (*)(void))best_window, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_marks(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

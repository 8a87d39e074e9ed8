/* Means of rows of a table, for encoders that are nothing else: arsearch.semantic.static_encoder says what for. */

#include "kernel.h"

#include <string.h>

VECTORISED static void
add_bytes(float *restrict sum, const int8_t *restrict row, float scale, Py_ssize_t dimension)
{
    for (Py_ssize_t i = 0; i < dimension; i++)
        sum[i] += scale * (float)row[i];
}

VECTORISED static void
add_floats(float *restrict sum, const float *restrict row, float scale, Py_ssize_t dimension)
{
    for (Py_ssize_t i = 0; i < dimension; i++)
        sum[i] += scale * row[i];
}

/* mean_rows(table, scales, ids, offsets, means): the mean of the rows ids[offsets[i]:offsets[i + 1]] of *table*, each
 * times its number in *scales*, for each i. The rows are summed up one after the other; no rows leave what was there. */
static PyObject *
mean_rows(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { TABLE, SCALES, IDS, OFFSETS, MEANS, ARRAYS };
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "mean_rows takes %d arrays", (int)ARRAYS);
        return NULL;
    }
    int of_bytes = take_array(arguments[TABLE], &views[TABLE], 0, 1, "b", "table") == 0;
    if (!of_bytes) {
        PyErr_Clear();
        views[TABLE].obj = NULL;
        if (take_array(arguments[TABLE], &views[TABLE], 0, 4, "f", "table") < 0)
            goto end;
    }
    if (take_array(arguments[SCALES], &views[SCALES], 0, 4, "f", "scales") < 0 ||
        take_array(arguments[IDS], &views[IDS], 0, 4, "i", "ids") < 0 ||
        take_array(arguments[OFFSETS], &views[OFFSETS], 0, 8, "lq", "offsets") < 0 ||
        take_array(arguments[MEANS], &views[MEANS], 1, 4, "f", "means") < 0)
        goto end;
    const float *scales = views[SCALES].buf;
    const int32_t *ids = views[IDS].buf;
    const int64_t *offsets = views[OFFSETS].buf;
    float *means = views[MEANS].buf;
    Py_ssize_t rows = views[SCALES].len / 4, tokens = views[IDS].len / 4, texts = views[OFFSETS].len / 8 - 1;
    Py_ssize_t size = views[TABLE].len / views[TABLE].itemsize, dimension = rows ? size / rows : 0;
    int fits = rows > 0 && dimension > 0 && size == rows * dimension && texts >= 0 &&
               views[MEANS].len / 4 == texts * dimension;
    for (Py_ssize_t text = 0; fits && text < texts; text++)
        fits = offsets[text] >= 0 && offsets[text] <= offsets[text + 1] && offsets[text + 1] <= tokens;
    for (Py_ssize_t token = 0; fits && token < tokens; token++)
        fits = ids[token] >= 0 && ids[token] < rows;
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "the arrays of a table and its rows do not fit together");
        goto end;
    }
    const int8_t *bytes = views[TABLE].buf;
    const float *floats = views[TABLE].buf;
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t text = 0; text < texts; text++) {
        float *sum = means + text * dimension;
        int64_t first = offsets[text], last = offsets[text + 1];
        if (first == last)
            continue;
        memset(sum, 0, (size_t)dimension * sizeof(float));
        for (int64_t token = first; token < last; token++) {
            Py_ssize_t row = ids[token];
            if (of_bytes)
                add_bytes(sum, bytes + row * dimension, scales[row], dimension);
            else
                add_floats(sum, floats + row * dimension, scales[row], dimension);
        }
        for (Py_ssize_t i = 0; i < dimension; i++)
            sum[i] /= (float)(last - first);
    }
    Py_END_ALLOW_THREADS;
    result = Py_None;
    Py_INCREF(result);
end:
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}

static PyMethodDef functions[] = {
    {"mean_rows", (PyCFunction)(void (*)(void))mean_rows, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_means(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Rows of bytes compared with a query, and taken as numbers: arsearch.semantic.vector_segment says what for. */

#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#define ZERO 128         /* what is stored for 0 */
#define MOST_DIMENSION 1024 /* up to which FAISS's sums of float32 are exact, so that whole numbers give the same */
#define ROWS_AT_ONCE 64
#define AHEAD 4096          /* bytes: what is read that much later is fetched now, as the processor stops at every page */
#define LINE 64

#ifdef __GNUC__
#define FETCH(address) __builtin_prefetch((const void *)((uintptr_t)(address)))
#else
#define FETCH(address) ((void)(address))
#endif

/* A row that was found. */
typedef struct {
    int32_t product;
    int64_t row;
} Found;

/* Whether *one* is less near than *other*; of equals the one that came first is, as FAISS has it. */
static inline int
is_worse(Found one, Found other)
{
    return one.product < other.product || (one.product == other.product && one.row < other.row);
}

/* Put *one* in the place of the worst of a heap. */
static void
replace_worst(Found *heap, int64_t size, Found one)
{
    int64_t place = 0;
    for (int64_t child = 1; child < size; child = 2 * place + 1) {
        if (child + 1 < size && is_worse(heap[child + 1], heap[child]))
            child++;
        if (!is_worse(heap[child], one))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = one;
}

/* The products of *count* rows with the query, each greater by the same number. */
VECTORISED static void
multiply(const uint8_t *restrict rows, int64_t count, int64_t dimension, const int16_t *restrict query,
         int32_t *restrict products)
{
    for (int64_t row = 0; row < count; row++, rows += dimension) {
        int32_t sum = 0;
        for (int64_t line = 0; line < dimension; line += LINE)
            FETCH(rows + AHEAD + line);
        for (int64_t i = 0; i < dimension; i++)
            sum += (int32_t)(int16_t)rows[i] * query[i];
        products[row] = sum;
    }
}

/* Put the nearest rows into the heap, which is as large as *size* and empty. Returns how many there are. */
static int64_t
find_nearest(const uint8_t *codes, int64_t rows, int64_t dimension, const int16_t *query, const uint8_t *allowed,
             Found *heap, int64_t size)
{
    int64_t found = 0;
    int32_t products[ROWS_AT_ONCE];
    for (int64_t entry = 0; entry < size; entry++)
        heap[entry] = (Found){INT32_MIN, -1};
    for (int64_t first = 0; first < rows; first += ROWS_AT_ONCE) {
        int64_t count = rows - first < ROWS_AT_ONCE ? rows - first : ROWS_AT_ONCE;
        multiply(codes + first * dimension, count, dimension, query, products);
        for (int64_t at = 0; at < count; at++) {
            if (products[at] <= heap[0].product || (allowed && !allowed[first + at]))
                continue;
            replace_worst(heap, size, (Found){products[at], first + at});
            found++;
        }
    }
    return found < size ? found : size;
}

/* nearest_rows(codes, query, allowed, depth) -> int64 (found,)
 *
 * The *depth* rows of *codes* uint8 (rows * dimension,) with the greatest products with *query* int8 (dimension,), greatest
 * first, of equals the last one first; of those alone that are *allowed* bool (rows,), unless that is None. */
static PyObject *
nearest_rows(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Py_buffer codes = {0}, query = {0}, allowed = {0};
    PyObject *result = NULL;
    Found *heap = NULL;
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "nearest_rows takes codes, query, allowed and depth");
        return NULL;
    }
    int64_t depth = PyLong_AsLongLong(arguments[3]);
    if (PyErr_Occurred() || take_array(arguments[0], &codes, 0, 1, "B", "codes") < 0)
        return NULL;
    if (take_array(arguments[1], &query, 0, 1, "b", "query") < 0 ||
        (arguments[2] != Py_None && take_array(arguments[2], &allowed, 0, 1, "?", "allowed") < 0))
        goto end;
    int64_t dimension = query.len, rows = dimension ? codes.len / dimension : 0;
    if (dimension < 1 || dimension > MOST_DIMENSION || codes.len != rows * dimension || depth < 0 ||
        (allowed.obj && allowed.len != rows)) {
        PyErr_SetString(PyExc_ValueError, "rows, query and what is allowed do not fit together");
        goto end;
    }
    depth = depth < rows ? depth : rows;
    heap = malloc(((size_t)depth + 1) * sizeof *heap);
    if (!heap) {
        PyErr_NoMemory();
        goto end;
    }
    int16_t wide[MOST_DIMENSION];
    for (int64_t i = 0; i < dimension; i++)
        wide[i] = ((const int8_t *)query.buf)[i];
    int64_t found = 0;
    Py_BEGIN_ALLOW_THREADS;
    if (depth)
        found = find_nearest(codes.buf, rows, dimension, wide, allowed.buf, heap, depth);
    Py_END_ALLOW_THREADS;
    result = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(found * 8));
    if (!result)
        goto end;
    int64_t *into = (int64_t *)PyByteArray_AsString(result);
    for (int64_t left = depth; left > 0; left--) { /* what was never filled is worse than all that was */
        if (left <= found)
            into[left - 1] = heap[0].row;
        Found last = heap[left - 1];
        replace_worst(heap, left - 1, last);
    }
end:
    free(heap);
    PyBuffer_Release(&codes);
    if (query.obj)
        PyBuffer_Release(&query);
    if (allowed.obj)
        PyBuffer_Release(&allowed);
    return result;
}

VECTORISED static void
widen(const uint8_t *restrict row, int64_t dimension, float *restrict into)
{
    for (int64_t i = 0; i < dimension; i++)
        into[i] = (float)(row[i] - ZERO);
}

/* take_rows(codes, rows, numbers): write the chosen *rows* int64 (rows,) of *codes* uint8 into *numbers* float32 (rows *
 * dimension,), which says what the dimension is. */
static PyObject *
take_rows(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    enum { CODES, ROWS, NUMBERS, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {{1, "B", "codes", 0}, {8, "lq", "rows", 0}, {4, "f", "numbers", 1}};
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (take_arrays(kinds, ARRAYS, arguments, count, "take_rows", views) < 0)
        goto end;
    int64_t rows = views[ROWS].len / 8, size = views[NUMBERS].len / 4, dimension = rows ? size / rows : 0;
    int64_t known = dimension ? views[CODES].len / dimension : 0;
    int fits = size == rows * dimension && views[CODES].len == known * dimension + (dimension ? 0 : views[CODES].len);
    for (int64_t at = 0; fits && at < rows; at++) {
        int64_t row = ((const int64_t *)views[ROWS].buf)[at];
        fits = row >= 0 && row < known;
        if (fits)
            widen((const uint8_t *)views[CODES].buf + row * dimension, dimension,
                  (float *)views[NUMBERS].buf + at * dimension);
    }
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "rows are not in the table, or it does not fit them");
        goto end;
    }
    result = Py_None;
    Py_INCREF(result);
end:
    release_arrays(views, ARRAYS);
    return result;
}

static PyMethodDef functions[] = {
    {"nearest_rows", (PyCFunction)(void (*)(void))nearest_rows, METH_FASTCALL, NULL},
    {"take_rows", (PyCFunction)(void (*)(void))take_rows, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_nearest(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

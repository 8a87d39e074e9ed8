/* The character n-grams of a query's words, and which words of a segment have any of them: ranking/ngrams.py says what
 * they are, index/grams.py how a segment keeps them. */

#include "kernel.h"

#include <string.h>

#define EDGE '\n'
#define BUCKET_BITS 20
#define GOLDEN 0x9E3779B97F4A7C15u

/* find_grams(words) -> uint64 (grams,)
 *
 * Of *words*, uint16 units of UTF-16, each word followed by EDGE: every four in a row that are two letters of a word and
 * what stands on both sides of them. */
static PyObject *
find_grams(PyObject *Py_UNUSED(module), PyObject *words)
{
    Py_buffer view;
    if (take_array(words, &view, 0, 2, "H", "words") < 0)
        return NULL;
    const uint16_t *units = view.buf;
    Py_ssize_t count = view.len / 2, found = 0;
    PyObject *result = PyByteArray_FromStringAndSize(NULL, count * 8);
    if (!result)
        goto end;
    uint64_t *into = (uint64_t *)PyByteArray_AsString(result);
    for (Py_ssize_t index = 0; index + 2 < count; index++) {
        uint64_t before = index ? units[index - 1] : EDGE, first = units[index], second = units[index + 1];
        if (first != EDGE && second != EDGE)
            into[found++] = before | first << 16 | second << 32 | (uint64_t)units[index + 2] << 48;
    }
    if (PyByteArray_Resize(result, found * 8) < 0)
        Py_CLEAR(result);
end:
    PyBuffer_Release(&view);
    return result;
}

/* The place of *bucket* among *buckets*, which are sorted; -1 if it is not there. */
static int64_t
find_bucket(const int32_t *buckets, int64_t count, int32_t bucket)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (buckets[middle] < bucket)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && buckets[low] == bucket ? low : -1;
}

enum { GRAMS, BUCKETS, OFFSETS, WORDS, ARRAYS };

/* words_with_grams(grams, buckets, offsets, words) -> int32 (found,)
 *
 * The words of the buckets of *grams* uint64, in no order and as often as they are there: the bucket *buckets*[i], these
 * sorted, has the words from *offsets*[i] to *offsets*[i + 1]; int32 each. */
static PyObject *
words_with_grams(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    static const struct {
        Py_ssize_t size;
        const char *formats, *name;
    } kinds[ARRAYS] = {{8, "QL", "grams"}, {4, "il", "buckets"}, {4, "il", "offsets"}, {4, "il", "words"}};
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (count != ARRAYS) {
        PyErr_SetString(PyExc_TypeError, "words_with_grams takes grams, buckets, offsets and words");
        return NULL;
    }
    for (int array = 0; array < ARRAYS; array++)
        if (take_array(arguments[array], &views[array], 0, kinds[array].size, kinds[array].formats, kinds[array].name) < 0)
            goto end;
    const uint64_t *grams = views[GRAMS].buf;
    const int32_t *offsets = views[OFFSETS].buf, *words = views[WORDS].buf;
    int64_t asked = views[GRAMS].len / 8, buckets = views[BUCKETS].len / 4, word_count = views[WORDS].len / 4;
    if (views[OFFSETS].len / 4 != buckets + 1) {
        PyErr_SetString(PyExc_ValueError, "there are not as many offsets as buckets");
        goto end;
    }
    int64_t room = 0;
    for (int pass = 0; pass < 2; pass++) { /* how many there are, then which */
        int32_t *into = pass ? (int32_t *)PyByteArray_AsString(result) : NULL;
        for (int64_t gram = 0; gram < asked; gram++) {
            int32_t bucket = (int32_t)(grams[gram] * GOLDEN >> (64 - BUCKET_BITS));
            int64_t at = find_bucket(views[BUCKETS].buf, buckets, bucket);
            if (at < 0)
                continue;
            int64_t first = offsets[at], last = offsets[at + 1];
            if (first < 0 || last < first || last > word_count) {
                PyErr_SetString(PyExc_ValueError, "the table of n-grams of a segment is damaged");
                Py_CLEAR(result);
                goto end;
            }
            if (pass) {
                memcpy(into, words + first, (size_t)(last - first) * sizeof *into);
                into += last - first;
            }
            room += pass ? 0 : last - first;
        }
        if (!pass && !(result = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(room * 4))))
            goto end;
    }
end:
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}

static PyMethodDef functions[] = {
    {"find_grams", find_grams, METH_O, NULL},
    {"words_with_grams", (PyCFunction)(void (*)(void))words_with_grams, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_grams(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

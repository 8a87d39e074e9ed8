/* Which words of a list share most letters with another one; arsearch.lexical.suggest.spelling says what for. */

#include "best.h"
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline int
count_bits(uint64_t bits)
{
    /* Warren, "Hacker's Delight", section 5-1; compilers know it and take the instruction where there is one. */
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (int)(bits * 0x0101010101010101u >> 56);
}

VECTORISED static void
compare_masks(const uint64_t *restrict masks, int64_t count, uint64_t mask, uint8_t *restrict different)
{
    for (int64_t word = 0; word < count; word++)
        different[word] = (uint8_t)count_bits(masks[word] ^ mask);
}

/* Whether any of eight bytes, each 64 or less, is below *bound* (Anderson, "Bit Twiddling Hacks"). */
static inline int
any_below(const uint8_t *bytes, uint64_t bound)
{
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return ((eight - 0x0101010101010101u * bound) & ~eight & 0x8080808080808080u) != 0;
}

typedef struct {
    const uint64_t *masks;
    const float *weights;
    const int64_t *lengths;
    const uint8_t *initials;
    int64_t first, last;
} List;

#define AT_ONCE 1024

/* As arsearch.lexical.suggest.spelling computes it, float for float. */
static float
penalty(const List *list, int64_t word, int different, int64_t length, int initial)
{
    int64_t own = list->lengths[word];
    uint64_t gap = own > length ? (uint64_t)own - (uint64_t)length : (uint64_t)length - (uint64_t)own;
    float weighed = (float)different - 0.25f * list->weights[word];
    weighed += 0.5f * (float)gap;
    return weighed + (list->initials[word] != initial ? 0.8f : 0.0f);
}

static PyObject *
nearest_words(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    if (count != 11) {
        PyErr_SetString(PyExc_TypeError, "nearest_words takes 11 arguments");
        return NULL;
    }
    static const struct {
        int size;
        const char *formats, *name;
    } kinds[4] = {{8, "QL", "masks"}, {4, "f", "weights"}, {8, "ql", "lengths"}, {1, "B", "initials"}};
    Py_buffer views[4] = {{0}};
    PyObject *result = NULL;
    Best best = {NULL, 0, 0, -INFINITY};
    for (int array = 0; array < 4; array++) {
        if (take_array(arguments[array], &views[array], 0, kinds[array].size, kinds[array].formats,
                       kinds[array].name) < 0)
            goto end;
        if (views[array].len / kinds[array].size != views[0].len / 8) {
            PyErr_SetString(PyExc_ValueError, "the columns of the words have different lengths");
            goto end;
        }
    }
    List list = {views[0].buf, views[1].buf, views[2].buf, views[3].buf, PyLong_AsLongLong(arguments[4]),
                 PyLong_AsLongLong(arguments[5])};
    uint64_t mask = PyLong_AsUnsignedLongLong(arguments[6]);
    int64_t max_different = PyLong_AsLongLong(arguments[7]), length = PyLong_AsLongLong(arguments[8]);
    int64_t initial = PyLong_AsLongLong(arguments[9]), limit = PyLong_AsLongLong(arguments[10]);
    if (PyErr_Occurred())
        goto end;
    if (list.first < 0 || list.last < list.first || list.last > views[0].len / 8 || limit < 1 || limit > 1 << 20 ||
        max_different < 0 || max_different > 64) {
        PyErr_SetString(PyExc_ValueError, "there are no such words, or none or too many are wanted");
        goto end;
    }
    best.limit = (Py_ssize_t)limit;
    best.hits = malloc(2 * (size_t)limit * sizeof *best.hits);
    if (!best.hits) {
        PyErr_NoMemory();
        goto end;
    }
    uint8_t different[AT_ONCE];
    for (int64_t first = list.first; first < list.last; first += AT_ONCE) {
        int64_t part = list.last - first < AT_ONCE ? list.last - first : AT_ONCE;
        compare_masks(list.masks + first, part, mask, different);
        for (int64_t word = 0; word < part; word++) {
            while (word % 8 == 0 && word + 8 <= part && !any_below(different + word, (uint64_t)max_different + 1))
                word += 8;
            if (word >= part || different[word] > max_different)
                continue;
            float score = -penalty(&list, first + word, different[word], length, (int)initial);
            if (may_win(&best, score))
                keep(&best, (Hit){score, first + word});
        }
    }
    throw_away(&best);
    result = PyByteArray_FromStringAndSize(NULL, best.size * 8);
    if (result)
        for (Py_ssize_t hit = 0; hit < best.size; hit++)
            ((int64_t *)PyByteArray_AsString(result))[hit] = best.hits[hit].document;
end:
    for (int array = 0; array < 4; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    free(best.hits);
    return result;
}

static PyMethodDef functions[] = {
    {"nearest_words", (PyCFunction)(void (*)(void))nearest_words, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_spelling(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

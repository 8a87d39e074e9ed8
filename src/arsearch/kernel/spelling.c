/* Which words of a list share most letters with another one; arsearch.lexical.suggest.spelling says what for. */

#include "best.h"
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

static inline int
count_bits(uint64_t bits)
{
    /* Warren, "Hacker's Delight", section 5-1. Its last step is not a multiplication, which compilers know as the instruction
     * for one number: that would keep them from counting the bits of many at once. */
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    bits += bits >> 8;
    bits += bits >> 16;
    return (int)((bits + (bits >> 32)) & 127);
}

typedef struct {
    const uint64_t *masks;
    const float *weights;
    const int64_t *lengths;
    const uint8_t *initials;
    int64_t first, last;
} List;

/* What is asked for: a word's letters, how many of them may differ, its length and its first letter. */
typedef struct {
    uint64_t mask;
    int64_t max_different, length, initial;
} Typed;

#define AT_ONCE 1024

#define TOO_FAR 1e30f
#define GROUP 16

/* The penalties of *count* words of *list* from *first* on, as arsearch.lexical.suggest.spelling computes them, float for
 * float, and TOO_FAR or more for words that have too many other letters. No loop has a branch, so many words go at once. */
VECTORISED static void
compute_penalties(const List *list, const Typed *typed, int64_t first, int64_t count, float *restrict penalties)
{
    const uint64_t *masks = list->masks + first, mask = typed->mask;
    const int64_t *lengths = list->lengths + first;
    const float *weights = list->weights + first, length = (float)typed->length, most = (float)typed->max_different;
    const uint8_t *initials = list->initials + first, initial = (uint8_t)typed->initial;
    float different[AT_ONCE];
    for (int64_t word = 0; word < count; word++)
        different[word] = (float)count_bits(masks[word] ^ mask);
    for (int64_t word = 0; word < count; word++)
        penalties[word] = 0.5f * fabsf((float)lengths[word] - length);
    for (int64_t word = 0; word < count; word++)
        penalties[word] = (different[word] - 0.25f * weights[word]) + penalties[word];
    for (int64_t word = 0; word < count; word++)
        penalties[word] += 0.8f * (float)(initials[word] != initial);
    for (int64_t word = 0; word < count; word++)
        penalties[word] += TOO_FAR * (float)(different[word] > most);
}

/* The first of *count* words from *word* on, which begins a group, whose group has a penalty up to *bound*; *count* if none. */
VECTORISED static int64_t
group_within(const float *penalties, int64_t word, int64_t count, float bound)
{
    for (; word + GROUP <= count; word += GROUP) {
        int within = 0;
        for (int at = 0; at < GROUP; at++)
            within |= penalties[word + at] <= bound;
        if (within)
            return word;
    }
    return word < count ? word : count;
}

static void
keep_nearest(Best *best, const List *list, const Typed *typed, int64_t first)
{
    float penalties[AT_ONCE];
    int64_t count = list->last - first < AT_ONCE ? list->last - first : AT_ONCE;
    compute_penalties(list, typed, first, count, penalties);
    for (int64_t group = 0; group < count; group += GROUP) {
        group = group_within(penalties, group, count, fminf(-best->minimum, TOO_FAR / 2));
        for (int64_t word = group; word < count && word < group + GROUP; word++)
            if (penalties[word] < TOO_FAR / 2 && may_win(best, -penalties[word]))
                keep(best, (Hit){-penalties[word], first + word});
    }
}

/* Where words of *length* begin, if the words are in the order of their lengths: some word of *list* or its end. */
static int64_t
first_of_length(const List *list, int64_t length)
{
    int64_t low = list->first, high = list->last;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (list->lengths[middle] < length)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
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
    Typed typed = {PyLong_AsUnsignedLongLong(arguments[6]), PyLong_AsLongLong(arguments[7]),
                   PyLong_AsLongLong(arguments[8]), PyLong_AsLongLong(arguments[9])};
    int64_t limit = PyLong_AsLongLong(arguments[10]);
    if (PyErr_Occurred())
        goto end;
    if (list.first < 0 || list.last < list.first || list.last > views[0].len / 8 || limit < 1 || limit > 1 << 20 ||
        typed.max_different < 0 || typed.max_different > 64) {
        PyErr_SetString(PyExc_ValueError, "there are no such words, or none or too many are wanted");
        goto end;
    }
    best.limit = (Py_ssize_t)limit;
    best.hits = malloc(2 * (size_t)limit * sizeof *best.hits);
    if (!best.hits) {
        PyErr_NoMemory();
        goto end;
    }
    /* Words of the same length first, of which most are near: then few of the others have to be looked at. */
    int64_t same = first_of_length(&list, typed.length), blocks = (list.last - list.first + AT_ONCE - 1) / AT_ONCE;
    for (int64_t block = (same - list.first) / AT_ONCE; block < blocks; block++)
        keep_nearest(&best, &list, &typed, list.first + block * AT_ONCE);
    for (int64_t block = (same - list.first) / AT_ONCE - 1; block >= 0; block--)
        keep_nearest(&best, &list, &typed, list.first + block * AT_ONCE);
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

/* Cutting texts into chunks, hashing these and finding the hashes: arsearch.lexical.analysis.cutting,
 * arsearch.common.hashing and .hash_table say how. */

#include "kernel.h"

/* What a code point is to a cut; the rest stands inside words. */
enum { CUT = 1, SEPARATOR = 2, DIGIT = 3 };

/* Characters of a word that the key has a number for; one more is the first summand. */
#define MAX_CHARACTERS 128
#define PRIME (((uint64_t)1 << 61) - 1)

/* A hash that is being made: numbers of the key, of 32 and of 29 bits, times what they are for. */
typedef struct {
    uint64_t low, high;
} Sums;

static inline void
add_character(Sums *sums, uint64_t factor, uint32_t code)
{
    uint64_t value = (uint64_t)code + 1;
    sums->low += (factor & UINT32_MAX) * value;
    sums->high += (factor >> 32) * value;
}

static inline uint64_t
hash_of(Sums sums, const uint64_t *key)
{
    /* 2**61 is 1 in this field, so what the high sum has above 29 bits comes round at the low end. */
    uint64_t total = sums.low + (sums.high >> 29) + ((sums.high & (((uint64_t)1 << 29) - 1)) << 32) + key[MAX_CHARACTERS];
    total = (total & PRIME) + (total >> 61);
    return (total >= PRIME ? total - PRIME : total) << 3;
}

/* Whether a text is cut at its character *i*: at a separator only if it does not stand between two digits. */
static int
is_cut(const uint16_t *codes, Py_ssize_t count, const uint8_t *kinds, Py_ssize_t i)
{
    uint8_t kind = kinds[codes[i]];
    if (kind != SEPARATOR)
        return kind == CUT;
    return i == 0 || i == count - 1 || kinds[codes[i - 1]] != DIGIT || kinds[codes[i + 1]] != DIGIT;
}

/* split_chunks(codes, kinds, begins, ends, key, hashes) -> count; the caller hashes chunks of more than MAX_CHARACTERS. */
static PyObject *
split_chunks(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { CODES, KINDS, BEGINS, ENDS, KEY, HASHES, ARRAYS };
    static const struct {
        int writable;
        Py_ssize_t size;
        const char *formats, *name;
    } arrays[ARRAYS] = {
        {0, 2, "H", "codes"}, {0, 1, "B", "kinds"}, {1, 8, "lq", "begins"},
        {1, 8, "lq", "ends"}, {0, 8, "LQ", "key"},   {1, 8, "LQ", "hashes"},
    };
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "split_chunks takes %d arrays", (int)ARRAYS);
        return NULL;
    }
    for (int array = 0; array < ARRAYS; array++)
        if (take_array(arguments[array], &views[array], arrays[array].writable, arrays[array].size,
                       arrays[array].formats, arrays[array].name) < 0)
            goto end;
    const uint16_t *codes = views[CODES].buf;
    const uint8_t *kinds = views[KINDS].buf;
    int64_t *begins = views[BEGINS].buf, *ends = views[ENDS].buf;
    const uint64_t *key = views[KEY].buf;
    uint64_t *hashes = views[HASHES].buf;
    Py_ssize_t count = views[CODES].len / 2, room = views[BEGINS].len / 8, found = 0;
    if (views[KINDS].len != 1 << 16 || room < (count + 1) / 2 || views[ENDS].len / 8 < room ||
        views[HASHES].len / 8 < room || views[KEY].len / 8 != MAX_CHARACTERS + 1) {
        PyErr_SetString(PyExc_ValueError, "the arrays of chunks are too small");
        goto end;
    }
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t i = 0; i < count;) {
        if (is_cut(codes, count, kinds, i)) {
            i++;
            continue;
        }
        Sums sums = {0, 0};
        Py_ssize_t begin = i;
        for (; i < count && !is_cut(codes, count, kinds, i); i++)
            if (i - begin < MAX_CHARACTERS)
                add_character(&sums, key[i - begin], codes[i]);
        begins[found] = begin;
        ends[found] = i;
        hashes[found++] = hash_of(sums, key);
    }
    Py_END_ALLOW_THREADS;
    result = PyLong_FromSsize_t(found);
end:
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}

/* hash_spans(codes, begins, ends, key, hashes); the caller hashes spans of more than MAX_CHARACTERS. */
static PyObject *
hash_spans(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { CODES, BEGINS, ENDS, KEY, HASHES, ARRAYS };
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "hash_spans takes %d arrays", (int)ARRAYS);
        return NULL;
    }
    if (take_unsigned(arguments[CODES], &views[CODES], "codes") < 0 ||
        take_array(arguments[BEGINS], &views[BEGINS], 0, 8, "lq", "begins") < 0 ||
        take_array(arguments[ENDS], &views[ENDS], 0, 8, "lq", "ends") < 0 ||
        take_array(arguments[KEY], &views[KEY], 0, 8, "LQ", "key") < 0 ||
        take_array(arguments[HASHES], &views[HASHES], 1, 8, "LQ", "hashes") < 0)
        goto end;
    const int64_t *begins = views[BEGINS].buf, *ends = views[ENDS].buf;
    const uint64_t *key = views[KEY].buf;
    uint64_t *hashes = views[HASHES].buf;
    Py_ssize_t count = views[BEGINS].len / 8, width = views[CODES].itemsize, size = views[CODES].len / width;
    if (width > 4 || views[ENDS].len / 8 != count || views[HASHES].len / 8 != count || views[KEY].len / 8 != MAX_CHARACTERS + 1) {
        PyErr_SetString(PyExc_ValueError, "the arrays of spans do not fit together");
        goto end;
    }
    for (Py_ssize_t span = 0; span < count; span++) {
        if (begins[span] < 0 || ends[span] < begins[span] || ends[span] > size) {
            PyErr_SetString(PyExc_ValueError, "a span lies outside its text");
            goto end;
        }
        int64_t begin = begins[span], length = ends[span] - begin;
        Sums sums = {0, 0};
        for (int64_t i = 0; i < (length < MAX_CHARACTERS ? length : MAX_CHARACTERS); i++)
            add_character(&sums, key[i],
                          width == 1   ? ((const uint8_t *)views[CODES].buf)[begin + i]
                          : width == 2 ? ((const uint16_t *)views[CODES].buf)[begin + i]
                                       : ((const uint32_t *)views[CODES].buf)[begin + i]);
        hashes[span] = hash_of(sums, key);
    }
    result = Py_None;
    Py_INCREF(result);
end:
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}

/* find_hashes(wanted, hashes, numbers, result): the number of each of *wanted* in a table, -1 if it is not there. */
static PyObject *
find_hashes(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { WANTED, HASHES, NUMBERS, RESULT, ARRAYS };
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "find_hashes takes %d arrays", (int)ARRAYS);
        return NULL;
    }
    if (take_array(arguments[WANTED], &views[WANTED], 0, 8, "LQ", "wanted") < 0 ||
        take_array(arguments[HASHES], &views[HASHES], 0, 8, "LQ", "hashes") < 0 ||
        take_array(arguments[NUMBERS], &views[NUMBERS], 0, 4, "i", "numbers") < 0 ||
        take_array(arguments[RESULT], &views[RESULT], 1, 4, "i", "result") < 0)
        goto end;
    const uint64_t *wanted = views[WANTED].buf, *hashes = views[HASHES].buf;
    const int32_t *numbers = views[NUMBERS].buf;
    int32_t *found = views[RESULT].buf;
    Py_ssize_t count = views[WANTED].len / 8, slots = views[HASHES].len / 8;
    int bits = 0;
    while (((Py_ssize_t)1 << bits) < slots)
        bits++;
    if (bits == 0 || (Py_ssize_t)1 << bits != slots || views[NUMBERS].len / 4 != slots ||
        views[RESULT].len / 4 != count) {
        PyErr_SetString(PyExc_ValueError, "the arrays of the table of hashes do not fit together");
        goto end;
    }
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t i = 0; i < count; i++) {
        uint64_t hash = wanted[i] ? wanted[i] : 1;
        Py_ssize_t slot = (Py_ssize_t)(hash >> (64 - bits)), steps = 0;
        while (hashes[slot] && hashes[slot] != hash && ++steps < slots)
            slot = (slot + 1) & (slots - 1);
        found[i] = hashes[slot] == hash ? numbers[slot] : -1;
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
    {"split_chunks", (PyCFunction)(void (*)(void))split_chunks, METH_FASTCALL, NULL},
    {"hash_spans", (PyCFunction)(void (*)(void))hash_spans, METH_FASTCALL, NULL},
    {"find_hashes", (PyCFunction)(void (*)(void))find_hashes, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_chunks(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Cutting texts into chunks and finding the hashes of these: arsearch.lexical.analysis.cutting and .hash_table say how. */

#include "kernel.h"

/* What a code point is to a cut; the rest stands inside words. */
enum { CUT = 1, SEPARATOR = 2, DIGIT = 3 };

static const uint64_t BASE = 0x9E3779B97F4A7C15u, MIX = 0xFF51AFD7ED558CCDu;

/* Whether a text is cut at its character *i*: at a separator only if it does not stand between two digits. */
static int
is_cut(const uint16_t *codes, Py_ssize_t count, const uint8_t *kinds, Py_ssize_t i)
{
    uint8_t kind = kinds[codes[i]];
    if (kind != SEPARATOR)
        return kind == CUT;
    return i == 0 || i == count - 1 || kinds[codes[i - 1]] != DIGIT || kinds[codes[i + 1]] != DIGIT;
}

/* split_chunks(codes, kinds, begins, ends, hashes) -> count */
static PyObject *
split_chunks(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { CODES, KINDS, BEGINS, ENDS, HASHES, ARRAYS };
    static const struct {
        int writable;
        Py_ssize_t size;
        const char *formats, *name;
    } arrays[ARRAYS] = {
        {0, 2, "H", "codes"}, {0, 1, "B", "kinds"}, {1, 8, "lq", "begins"}, {1, 8, "lq", "ends"}, {1, 8, "LQ", "hashes"},
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
    uint64_t *hashes = views[HASHES].buf;
    Py_ssize_t count = views[CODES].len / 2, room = views[BEGINS].len / 8, found = 0;
    if (views[KINDS].len != 1 << 16 || room < (count + 1) / 2 || views[ENDS].len / 8 < room ||
        views[HASHES].len / 8 < room) {
        PyErr_SetString(PyExc_ValueError, "the arrays of chunks are too small");
        goto end;
    }
    for (Py_ssize_t i = 0; i < count;) {
        if (is_cut(codes, count, kinds, i)) {
            i++;
            continue;
        }
        uint64_t sum = 0, power = 1;
        begins[found] = i;
        for (; i < count && !is_cut(codes, count, kinds, i); i++, power *= BASE)
            sum += codes[i] * power;
        ends[found] = i;
        hashes[found] = ((sum ^ (sum >> 32)) * MIX) ^ (uint64_t)(i - begins[found]);
        found++;
    }
    result = PyLong_FromSsize_t(found);
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
    Py_ssize_t count = views[WANTED].len / 8, places = views[HASHES].len / 8;
    int bits = 0;
    while (((Py_ssize_t)1 << bits) < places)
        bits++;
    if (bits == 0 || (Py_ssize_t)1 << bits != places || views[NUMBERS].len / 4 != places ||
        views[RESULT].len / 4 != count) {
        PyErr_SetString(PyExc_ValueError, "the arrays of the table of hashes do not fit together");
        goto end;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        uint64_t hash = wanted[i] ? wanted[i] : 1;
        Py_ssize_t place = (Py_ssize_t)(hash >> (64 - bits)), steps = 0;
        while (hashes[place] && hashes[place] != hash && ++steps < places)
            place = (place + 1) & (places - 1);
        found[i] = hashes[place] == hash ? numbers[place] : -1;
    }
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
    {"find_hashes", (PyCFunction)(void (*)(void))find_hashes, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_chunks(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

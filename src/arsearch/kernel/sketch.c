/* Minima of hash functions, by which sets that have much in common are found: arsearch.common.minima says how. */

#include "kernel.h"

#include <string.h>

enum { MOST_FUNCTIONS = 256 };

VECTORISED static void
take_in(uint64_t *restrict minima, const uint64_t *restrict factors, const uint64_t *restrict summands, uint64_t hash,
        Py_ssize_t functions)
{
    for (Py_ssize_t i = 0; i < functions; i++) {
        uint64_t value = hash * factors[i] + summands[i];
        minima[i] = value < minima[i] ? value : minima[i];
    }
}

/* minima(hashes, offsets, factors, summands, minima): of each text, whose hashes stand from offsets[i] to offsets[i + 1],
 * and of each function the least of hash * factor + summand modulo 2**64; all bits are set where a text has no hash. */
static PyObject *
minima(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { HASHES, OFFSETS, FACTORS, SUMMANDS, MINIMA, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {8, "LQ", "hashes", 0},   {8, "lq", "offsets", 0}, {8, "LQ", "factors", 0},
        {8, "LQ", "summands", 0}, {8, "LQ", "minima", 1},
    };
    Py_buffer views[ARRAYS] = {{0}};
    if (take_arrays(kinds, ARRAYS, arguments, argument_count, "minima", views) < 0)
        return answer(views, ARRAYS, NULL);
    const uint64_t *hashes = views[HASHES].buf, *factors = views[FACTORS].buf, *summands = views[SUMMANDS].buf;
    const int64_t *offsets = views[OFFSETS].buf;
    uint64_t *found = views[MINIMA].buf;
    Py_ssize_t texts = views[OFFSETS].len / 8 - 1, functions = views[FACTORS].len / 8, count = views[HASHES].len / 8;
    int fits = texts >= 0 && functions <= MOST_FUNCTIONS && views[SUMMANDS].len / 8 == functions &&
               views[MINIMA].len / 8 == texts * functions;
    for (Py_ssize_t text = 0; fits && text < texts; text++)
        fits = offsets[text] >= 0 && offsets[text] <= offsets[text + 1] && offsets[text + 1] <= count;
    if (!fits)
        return answer(views, ARRAYS, "the arrays of hashes and their minima do not fit together");
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t text = 0; text < texts; text++) {
        uint64_t least[MOST_FUNCTIONS];
        memset(least, 0xff, sizeof least);
        for (int64_t hash = offsets[text]; hash < offsets[text + 1]; hash++)
            take_in(least, factors, summands, hashes[hash], functions);
        if (functions)
            memcpy(found + text * functions, least, (size_t)functions * sizeof least[0]);
    }
    Py_END_ALLOW_THREADS;
    return answer(views, ARRAYS, NULL);
}

static PyMethodDef functions[] = {
    {"minima", (PyCFunction)(void (*)(void))minima, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_sketch(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

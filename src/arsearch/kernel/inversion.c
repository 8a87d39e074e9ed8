/* From the tokens of each document to the documents of each term: arsearch.lexical.segment.invert says what for. */

#include "kernel.h"

#define PLACE(type)                                                                                  \
    for (Py_ssize_t document = 0; document < documents; document++)                                  \
        for (int64_t token = offsets[document]; token < offsets[document + 1]; token++) {            \
            int64_t slot = next[terms[token]]++;                                                     \
            owners[slot] = (int32_t)document;                                                        \
            ((type *)grouped)[slot] = ((const type *)positions)[token];                              \
        }

/* group_by_term(terms, offsets, positions, ends, owners, grouped): a counting sort, which keeps the order of tokens. */
static PyObject *
group_by_term(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { TERMS, OFFSETS, POSITIONS, ENDS, OWNERS, GROUPED, ARRAYS };
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "group_by_term takes %d arrays", (int)ARRAYS);
        return NULL;
    }
    if (take_array(arguments[TERMS], &views[TERMS], 0, 4, "i", "terms") < 0 ||
        take_array(arguments[OFFSETS], &views[OFFSETS], 0, 8, "lq", "offsets") < 0 ||
        take_array(arguments[ENDS], &views[ENDS], 1, 8, "lq", "ends") < 0 ||
        take_array(arguments[OWNERS], &views[OWNERS], 1, 4, "i", "owners") < 0)
        goto end;
    int size = 1; /* of a position */
    if (PyObject_GetBuffer(arguments[POSITIONS], &views[POSITIONS], PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        goto end;
    size = (int)views[POSITIONS].itemsize;
    PyBuffer_Release(&views[POSITIONS]);
    if (take_array(arguments[POSITIONS], &views[POSITIONS], 0, size, "BHILQ", "positions") < 0 ||
        take_array(arguments[GROUPED], &views[GROUPED], 1, size, "BHILQ", "grouped") < 0)
        goto end;
    const int32_t *terms = views[TERMS].buf;
    const int64_t *offsets = views[OFFSETS].buf;
    const void *positions = views[POSITIONS].buf;
    int64_t *ends = views[ENDS].buf;
    int32_t *owners = views[OWNERS].buf;
    void *grouped = views[GROUPED].buf;
    Py_ssize_t tokens = views[TERMS].len / 4, documents = views[OFFSETS].len / 8 - 1, count = views[ENDS].len / 8 - 1;
    if (documents < 0 || count < 0 || views[POSITIONS].len / size != tokens || views[OWNERS].len / 4 != tokens ||
        views[GROUPED].len / size != tokens || offsets[0] != 0 || offsets[documents] != tokens) {
        PyErr_SetString(PyExc_ValueError, "the arrays of tokens and of documents do not fit together");
        goto end;
    }
    for (Py_ssize_t document = 0; document < documents; document++)
        if (offsets[document] > offsets[document + 1]) {
            PyErr_SetString(PyExc_ValueError, "a document ends before it begins");
            goto end;
        }
    for (Py_ssize_t term = 0; term <= count; term++)
        ends[term] = 0;
    int64_t *next = ends + 1;
    for (Py_ssize_t token = 0; token < tokens; token++) {
        if (terms[token] < 0 || terms[token] >= count) {
            PyErr_SetString(PyExc_ValueError, "a token has a term that there is not");
            goto end;
        }
        next[terms[token]]++;
    }
    int64_t sum = 0;
    for (Py_ssize_t term = 0; term < count; term++) {
        int64_t frequency = next[term];
        next[term] = sum; /* where its next token is placed; in the end, where its tokens end */
        sum += frequency;
    }
    switch (size) {
    case 1:
        PLACE(uint8_t)
        break;
    case 2:
        PLACE(uint16_t)
        break;
    case 4:
        PLACE(uint32_t)
        break;
    case 8:
        PLACE(uint64_t)
        break;
    default:
        PyErr_SetString(PyExc_TypeError, "positions must be numbers of 1, 2, 4 or 8 bytes");
        goto end;
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
    {"group_by_term", (PyCFunction)(void (*)(void))group_by_term, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_inversion(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Where the words of a query stand in one document: arsearch.lexical.index.LexicalIndex.marks says what for. */

#include "kernel.h"

#include <stdlib.h>

enum { TOKENS, FOLDED, STEMS, ASKED_FOLDED, ASKED_STEMS, ARRAYS };

/* find_words(tokens, word_folded, word_stems, asked_folded, asked_stems) -> int32 (found, 3)
 *
 * Of each token that is a word of the query: its index, the first word of the query that it is, and whether it has the
 * very form of one. Asked numbers below 0 are no word's. */
static PyObject *
find_words(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    static const char *const names[ARRAYS] = {"tokens", "word_folded", "word_stems", "asked_folded", "asked_stems"};
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    int32_t *found = NULL;
    if (argument_count != ARRAYS) {
        PyErr_Format(PyExc_TypeError, "find_words takes %d arrays", (int)ARRAYS);
        return NULL;
    }
    for (int array = 0; array < ARRAYS; array++)
        if (take_array(arguments[array], &views[array], 0, 4, "il", names[array]) < 0)
            goto end;
    const int32_t *tokens = views[TOKENS].buf, *folded_forms = views[FOLDED].buf, *stems = views[STEMS].buf;
    const int32_t *asked_folded = views[ASKED_FOLDED].buf, *asked_stems = views[ASKED_STEMS].buf;
    Py_ssize_t count = views[TOKENS].len / 4, words = views[FOLDED].len / 4, asked = views[ASKED_FOLDED].len / 4;
    if (views[STEMS].len / 4 != words || views[ASKED_STEMS].len / 4 != asked) {
        PyErr_SetString(PyExc_ValueError, "words or asked words have not as many stems as folded forms");
        goto end;
    }
    found = malloc(((size_t)count + 1) * 3 * sizeof *found);
    if (!found) {
        PyErr_NoMemory();
        goto end;
    }
    Py_ssize_t size = 0;
    for (Py_ssize_t index = 0; index < count; index++) {
        int32_t word = tokens[index];
        if (word < 0 || word >= words) {
            PyErr_SetString(PyExc_ValueError, "the tokens of a segment are damaged");
            goto end;
        }
        int32_t folded = folded_forms[word], stem = stems[word];
        Py_ssize_t first = asked;
        int is_typed = 0;
        for (Py_ssize_t which = asked - 1; which >= 0; which--) {
            int has_form = folded == asked_folded[which] && folded >= 0;
            is_typed |= has_form;
            if (has_form || (stem == asked_stems[which] && stem >= 0))
                first = which;
        }
        if (first < asked) {
            found[size++] = (int32_t)index;
            found[size++] = (int32_t)first;
            found[size++] = is_typed;
        }
    }
    result = PyByteArray_FromStringAndSize((const char *)found, size * (Py_ssize_t)sizeof *found);
end:
    free(found);
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}

static PyMethodDef functions[] = {
    {"find_words", (PyCFunction)(void (*)(void))find_words, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_marks(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Where the words of a query stand in one document: arsearch.lexical.search.highlight says what for. */

#include "forward.h"

void
mark_asked(Forward *self, const Asked *asked)
{
    for (Py_ssize_t index = 0; index < asked->count; index++) { /* others may be in another segment */
        int64_t form = asked->folded[index] - self->first_folded, stem = asked->stems[index] - self->first_stem;
        if (asked->folded[index] >= 0 && form >= 0 && form < self->folded_count)
            mark_form(self, self->folded_ends, self->words_by_folded, form);
        if (asked->stems[index] >= 0 && stem >= 0 && stem < self->stem_count)
            mark_form(self, self->stem_ends, self->words_by_stem, stem);
    }
}

int64_t
find_asked(Forward *self, int64_t document, const Asked *asked)
{
    int64_t length, found = read_document(self, document, 0, INT32_MAX, 0, &length);
    for (int64_t at = 0; at < found; at++) {
        int32_t *one = self->kept + 3 * at, form = self->folded[one[0]], stem = self->stems[one[0]];
        one[0] = one[2];
        one[1] = -1;
        one[2] = 0;
        for (Py_ssize_t which = asked->count - 1; which >= 0; which--) {
            int has_form = form == asked->folded[which] && form >= 0;
            one[2] |= has_form && which < asked->typed;
            if (has_form || (stem == asked->stems[which] && stem >= 0))
                one[1] = (int32_t)which;
        }
    }
    return found;
}

/* find_words(document, asked_folded, asked_stems, typed) -> int32 (found, 3); lexical/search/highlight.py says what. */
PyObject *
forward_find_words(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    Forward *self = (Forward *)object;
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "find_words takes document, asked_folded, asked_stems and typed");
        return NULL;
    }
    Py_buffer folded = {0}, stems = {0};
    PyObject *result = NULL;
    int64_t document = PyLong_AsLongLong(arguments[0]);
    Py_ssize_t typed = PyLong_AsSsize_t(arguments[3]);
    if (PyErr_Occurred() || take_array(arguments[1], &folded, 0, 4, "il", "asked_folded") < 0)
        return NULL;
    if (take_array(arguments[2], &stems, 0, 4, "il", "asked_stems") < 0)
        goto end;
    if (folded.len != stems.len) {
        PyErr_SetString(PyExc_ValueError, "the words asked for have not as many stems as folded forms");
        goto end;
    }
    Asked asked = {folded.buf, stems.buf, folded.len / 4, typed};
    mark_asked(self, &asked);
    int64_t found = find_asked(self, document, &asked);
    if (found >= 0)
        result = PyByteArray_FromStringAndSize((const char *)self->kept, (Py_ssize_t)(found * 3 * 4));
    clear_bits(self);
end:
    PyBuffer_Release(&folded);
    if (stems.obj)
        PyBuffer_Release(&stems);
    return result;
}

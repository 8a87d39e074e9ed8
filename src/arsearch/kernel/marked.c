/* The snippets of a page at once: arsearch.lexical.search.highlight says what for. */

#include "forward.h"
#include "snippet.h"

#include <stdlib.h>

enum { DOCUMENTS, STARTS, EXACTS, ASKED_STEMS, OWNERS, WEIGHTS, WORD_WIDTHS, SPAN_BYTES, TITLE_WORDS, ARRAYS };

/* What is needed for all documents. */
typedef struct {
    Forward *forward;
    Asked asked;
    const Py_buffer *views, *span_offsets;
    int64_t words;
    int64_t *spans; /* scratch: start and end of each token */
    int64_t room;
} Page;

/* Read where the *count* tokens of *document* stand: 0, or -1 with an error set. */
static int
read_page_spans(Page *self, int64_t document, int64_t count, int64_t body)
{
    const Forward *forward = self->forward;
    const Py_buffer *bytes = &self->views[SPAN_BYTES];
    int64_t begin = offset_at(self->span_offsets, document), end = offset_at(self->span_offsets, document + 1);
    int64_t words = offset_at(forward->text_offsets, document);
    int64_t words_end = offset_at(forward->text_offsets, document + 1);
    if (begin < 0 || end < begin || end > bytes->len || !may_have_spans(end - begin, count)) {
        PyErr_SetString(PyExc_ValueError, "the offsets of tokens of a segment are damaged");
        return -1;
    }
    if (count > self->room) {
        int64_t *spans = realloc(self->spans, (size_t)count * 2 * sizeof *spans);
        if (!spans) {
            PyErr_NoMemory();
            return -1;
        }
        self->spans = spans;
        self->room = count;
    }
    SpanRecord record = {forward->packed + words, forward->packed + words_end, (const uint8_t *)bytes->buf + begin,
                         (const uint8_t *)bytes->buf + end};
    if (read_spans(&record, &forward->code, self->views[WORD_WIDTHS].buf, self->views[WORD_WIDTHS].len, count, body,
                   self->spans) < 0) {
        PyErr_SetString(PyExc_ValueError, "the offsets of tokens of a segment are damaged");
        return -1;
    }
    return 0;
}

/* The snippet of one document, None if its body has no tokens; NULL with an error set. */
static PyObject *
make_one(Page *self, int64_t document, PyObject *text, int64_t start_at)
{
    Forward *forward = self->forward;
    int64_t found = find_asked(forward, document, &self->asked); /* which looks whether the document is there */
    if (found < 0)
        return NULL;
    int64_t count = forward->token_offsets[document + 1] - forward->token_offsets[document];
    int64_t body = ((const uint32_t *)self->views[TITLE_WORDS].buf)[document];
    if (read_page_spans(self, document, count, body) < 0)
        return NULL;
    if (body >= count)
        Py_RETURN_NONE;
    int32_t *matches = forward->kept;
    int64_t in_title = 0;
    while (in_title < found && matches[3 * in_title] < body)
        in_title++;
    for (int32_t *match = matches + 3 * in_title; match < matches + 3 * found; match += 3) {
        if (match[1] < 0) {
            PyErr_SetString(PyExc_ValueError, "the words of a segment are damaged");
            return NULL;
        }
        match[0] -= (int32_t)body;
        match[1] = ((const int32_t *)self->views[OWNERS].buf)[match[1]];
    }
    MarkedText marked = {text, self->spans + 2 * body, count - body, matches + 3 * in_title, found - in_title};
    return cut_text(&marked, self->views[WEIGHTS].buf, self->views[WEIGHTS].len / 8, self->words, start_at);
}

static PyObject *
make_all(Page *self, PyObject *texts)
{
    Py_ssize_t count = self->views[DOCUMENTS].len / 8;
    PyObject *snippets = PyList_New(count);
    if (!snippets)
        return NULL;
    mark_asked(self->forward, &self->asked);
    for (Py_ssize_t at = 0; at < count; at++) {
        PyObject *text = PyTuple_GetItem(texts, at), *snippet = NULL;
        if (PyUnicode_Check(text))
            snippet = make_one(self, ((const int64_t *)self->views[DOCUMENTS].buf)[at], text,
                               ((const int64_t *)self->views[STARTS].buf)[at]);
        else
            PyErr_SetString(PyExc_TypeError, "texts must be texts");
        if (!snippet) {
            Py_CLEAR(snippets);
            break;
        }
        PyList_SetItem(snippets, at, snippet);
    }
    clear_bits(self->forward);
    return snippets;
}

/* snippets(texts, span_offsets, typed, words, documents, starts, asked_exacts, asked_stems, owners, weights, word_widths,
 * span_bytes, title_words) -> list of str, or None where a body has no words
 *
 * *texts* tuple and *starts* int64: of each of *documents* int64 its body, and where a snippet without marks begins;
 * *owners* int32: which of the query's words each that is asked for stands for; the others as find_words, cut_snippet and
 * token_spans have them. */
PyObject *
forward_snippets(PyObject *object, PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { TEXTS, OFFSETS, TYPED, WORDS, FIRST };
    static const ArrayKind kinds[ARRAYS] = {
        {8, "ql", "documents", 0},   {8, "ql", "starts", 0},     {4, "il", "asked_exacts", 0},
        {4, "il", "asked_stems", 0}, {4, "il", "owners", 0},     {8, "d", "weights", 0},
        {1, "B", "word_widths", 0},  {1, "B", "span_bytes", 0}, {4, "IL", "title_words", 0},
    };
    Py_buffer views[ARRAYS] = {{0}}, span_offsets = {0};
    PyObject *result = NULL;
    Page self = {.forward = (Forward *)object, .views = views, .span_offsets = &span_offsets};
    if (argument_count != FIRST + ARRAYS || !PyTuple_Check(arguments[TEXTS])) {
        PyErr_SetString(PyExc_TypeError, "snippets takes a tuple of texts, offsets, two numbers and nine arrays");
        return NULL;
    }
    self.asked.typed = PyLong_AsSsize_t(arguments[TYPED]);
    self.words = PyLong_AsLongLong(arguments[WORDS]);
    if (PyErr_Occurred() || take_offsets(arguments[OFFSETS], &span_offsets, "span_offsets") < 0)
        return NULL;
    if (take_arrays(kinds, ARRAYS, arguments + FIRST, ARRAYS, "snippets", views) < 0)
        goto end;
    Py_ssize_t count = views[DOCUMENTS].len / 8;
    self.asked.folded = views[EXACTS].buf;
    self.asked.stems = views[ASKED_STEMS].buf;
    self.asked.count = views[EXACTS].len / 4;
    if (PyTuple_Size(arguments[TEXTS]) != count || views[STARTS].len / 8 != count ||
        views[ASKED_STEMS].len / 4 != self.asked.count || views[OWNERS].len / 4 != self.asked.count ||
        views[TITLE_WORDS].len / 4 != self.forward->documents ||
        span_offsets.len / span_offsets.itemsize != self.forward->documents + 1 || self.words < 1 ||
        self.words > INT32_MAX)
        PyErr_SetString(PyExc_ValueError, "the arrays for snippets do not fit together");
    else
        result = make_all(&self, arguments[TEXTS]);
end:
    free(self.spans);
    release_arrays(views, ARRAYS);
    PyBuffer_Release(&span_offsets);
    return result;
}

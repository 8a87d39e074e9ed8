/* Snippets: the piece of a text that has most of a query, as HTML. search/snippets.py says what makes the best one, and
 * does the same in Python.
 */

#include "snippet.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN, WORD, AS_TYPED, COLUMNS }; /* of matches */
enum { START, END, EDGES };              /* of spans */

static const int64_t LEAD = 12, SHORT_LEAD = 4, SHORT_LEAD_SHARE = 4;
static const double REPEATED = 0.1, AS_TYPED_WORTH = 2.0;
static const uint32_t ELLIPSIS = 0x2026;

typedef struct {
    PyObject *text;
    int64_t length; /* in code points */
    const int64_t *spans;
    int64_t tokens;
    const int32_t *matches;
    int64_t match_count;
    const double *weights;
    /* The snippet as UTF-32, behind an ellipsis */
    uint32_t *out;
    int64_t size, room;
    int owes_space; /* white space comes before what comes next */
} Snippet;

static uint32_t
letter(const Snippet *self, int64_t index)
{
    return PyUnicode_ReadChar(self->text, (Py_ssize_t)index);
}

static int64_t
within(const Snippet *self, int64_t index)
{
    return index < 0 ? 0 : index > self->length ? self->length : index;
}

static int64_t
start_of(const Snippet *self, int64_t token)
{
    return within(self, self->spans[EDGES * token + START]);
}

static int64_t
end_of(const Snippet *self, int64_t token)
{
    return within(self, self->spans[EDGES * token + END]);
}

static int
is_space(uint32_t letter) /* str.isspace */
{
    return (letter >= 9 && letter <= 13) || (letter >= 28 && letter <= 32) || letter == 0x85 || letter == 0xa0 ||
           letter == 0x1680 || (letter >= 0x2000 && letter <= 0x200a) || letter == 0x2028 || letter == 0x2029 ||
           letter == 0x202f || letter == 0x205f || letter == 0x3000;
}

/* Whether *letter* is one of *some*, which end with 0. */
static int
is_one_of(uint32_t letter, const uint32_t *some)
{
    while (*some && *some != letter)
        some++;
    return *some != 0;
}

static const uint32_t SENTENCE_ENDS[] = {'.', '!', '?', 0x61f, 0x61b, 0};
static const uint32_t NOT_OPENING[] = {'.', '!', '?', 0x60c, 0x61b, 0x61f, ':', 0xbb, 0x201d, 0};
static const uint32_t CLOSING[] = {'.', '!', '?', 0x60c, 0x61b, 0x61f, ':', 0xbb, 0x201d, '"', '\'', ')', ']', 0};
static const uint32_t BEFORE_MORE[] = {'.', ':', 0x2026, 0x60c, 0x61b, 0};

/* The first and the last match of the best window of *reach* tokens that begins with a match. */
static int
find_window(const Snippet *self, int64_t reach, int64_t *first, int64_t *last)
{
    int64_t count = self->match_count, different;
    double *most = malloc((size_t)count * sizeof *most), best = -1;
    int32_t *order = malloc((size_t)count * sizeof *order);
    if (!most || !order) {
        free(most);
        free(order);
        PyErr_NoMemory();
        return -1;
    }
    *first = *last = self->matches[TOKEN];
    for (int64_t number = 0; number < count; number++) {
        double repeated = 0, total = 0;
        int64_t begin = self->matches[COLUMNS * number + TOKEN], end = begin;
        different = 0;
        for (int64_t index = number; index < count; index++) {
            const int32_t *match = self->matches + COLUMNS * index;
            if (match[TOKEN] >= begin + reach)
                break;
            double worth = self->weights[match[WORD]] * (match[AS_TYPED] ? AS_TYPED_WORTH : 1.0);
            int64_t known = 0;
            while (known < different && order[known] != match[WORD])
                known++;
            if (known == different) {
                order[different++] = match[WORD];
                most[known] = 0;
            }
            if (worth > most[known])
                most[known] = worth;
            repeated += worth * REPEATED;
            end = match[TOKEN];
        }
        for (int64_t known = 0; known < different; known++)
            total += most[known];
        if (total + repeated > best) {
            best = total + repeated;
            *first = begin;
            *last = end;
        }
    }
    free(most);
    free(order);
    return 0;
}

/* Whether a sentence ends between two tokens; the points in a date have no white space after them. */
static int
ends_sentence(const Snippet *self, int64_t begin, int64_t end)
{
    for (int64_t index = begin; index < end; index++) {
        uint32_t here = letter(self, index);
        if (here == '\n')
            return 1;
        if (is_one_of(here, SENTENCE_ENDS) && ((index + 1 < end && is_space(letter(self, index + 1))) ||
                                               (index + 2 < end && is_space(letter(self, index + 2)))))
            return 1;
    }
    return 0;
}

/* The token that begins the sentence of *match*, at most *lead* tokens before; else one a few before. */
static int64_t
sentence_start(const Snippet *self, int64_t match, int64_t lead, int64_t short_lead)
{
    int64_t earliest = match - lead - 1 > 0 ? match - lead - 1 : 0;
    for (int64_t token = match; token > earliest; token--)
        if (ends_sentence(self, end_of(self, token - 1), start_of(self, token)))
            return token;
    return match <= lead ? 0 : match - short_lead;
}

/* Where the quotes and brackets begin that open right before *start*. */
static int64_t
opening(const Snippet *self, int64_t end_of_word_before, int64_t start)
{
    int64_t end = start;
    if (end > end_of_word_before && letter(self, end - 1) == '\n') /* "$" stands before the last line feed, too */
        end--;
    while (end > end_of_word_before && !is_space(letter(self, end - 1)) && !is_one_of(letter(self, end - 1), NOT_OPENING))
        end--;
    return end;
}

static int
put(Snippet *self, uint32_t letter)
{
    if (is_space(letter)) {
        self->owes_space = 1;
        return 0;
    }
    if (self->size + 2 > self->room) {
        int64_t room = 2 * self->room + 1024;
        uint32_t *out = realloc(self->out, (size_t)room * sizeof *out);
        if (!out) {
            PyErr_NoMemory();
            return -1;
        }
        self->out = out;
        self->room = room;
    }
    if (self->owes_space && self->size > 1)
        self->out[self->size++] = ' ';
    self->owes_space = 0;
    self->out[self->size++] = letter;
    return 0;
}

static int
put_ascii(Snippet *self, const char *text)
{
    for (; *text; text++)
        if (put(self, (uint32_t)(unsigned char)*text) < 0)
            return -1;
    return 0;
}

/* Put a piece of the text, escaped as html.escape does it. */
static int
put_text(Snippet *self, int64_t begin, int64_t end)
{
    for (int64_t index = begin; index < end; index++) {
        uint32_t here = letter(self, index);
        const char *entity = here == '&'    ? "&amp;"
                             : here == '<'  ? "&lt;"
                             : here == '>'  ? "&gt;"
                             : here == '"'  ? "&quot;"
                             : here == '\'' ? "&#x27;"
                                            : NULL;
        if ((entity ? put_ascii(self, entity) : put(self, here)) < 0)
            return -1;
    }
    return 0;
}

/* Write the tokens first .. last into *out*, matches marked, white space made one space. */
static int
write_tokens(Snippet *self, int64_t first, int64_t last)
{
    int64_t begin = first ? opening(self, end_of(self, first - 1), start_of(self, first)) : 0;
    int64_t end = self->length;
    if (last < self->tokens - 1)
        for (end = end_of(self, last); end < self->length && is_one_of(letter(self, end), CLOSING); end++)
            ;
    int64_t written = begin, marked = -1; /* where the last mark ends */
    for (int64_t number = 0; number < self->match_count; number++) {
        int64_t token = self->matches[COLUMNS * number + TOKEN];
        if (token < first || token > last)
            continue;
        int64_t start = start_of(self, token), stop = end_of(self, token);
        if (start < marked) /* the words of one ligature share its offsets */
            continue;
        marked = stop;
        start = start < end ? start : end;
        stop = stop < end ? stop : end;
        if (put_text(self, written, start) < 0 || put_ascii(self, "<mark>") < 0 || put_text(self, start, stop) < 0 ||
            put_ascii(self, "</mark>") < 0)
            return -1;
        written = stop;
    }
    return put_text(self, written, end);
}

static PyObject *
make_snippet(Snippet *self, int64_t words, int64_t start_at)
{
    int64_t first = 0, last;
    if (put(self, ELLIPSIS) < 0)
        return NULL;
    if (self->tokens > words && self->match_count) {
        int64_t short_lead = SHORT_LEAD < words / SHORT_LEAD_SHARE ? SHORT_LEAD : words / SHORT_LEAD_SHARE;
        int64_t place, last_place;
        if (find_window(self, words - short_lead, &place, &last_place) < 0)
            return NULL;
        int64_t lead = words - 1 - (last_place - place);
        first = sentence_start(self, place, lead < LEAD ? lead : LEAD, short_lead);
    }
    else if (self->tokens > words) {
        int64_t high = self->tokens; /* the first token at or after *start_at* */
        while (first < high) {
            int64_t middle = first + (high - first) / 2;
            if (self->spans[EDGES * middle + START] < start_at)
                first = middle + 1;
            else
                high = middle;
        }
        first = first < self->tokens ? first : self->tokens - 1;
    }
    last = (first + words < self->tokens ? first + words : self->tokens) - 1;
    if (write_tokens(self, first, last) < 0)
        return NULL;
    self->owes_space = 0;
    if (last < self->tokens - 1) { /* the ellipsis stands for what would only lead on to the next words */
        while (self->size > 1 && is_one_of(self->out[self->size - 1], BEFORE_MORE))
            self->size--;
        if (put(self, ELLIPSIS) < 0)
            return NULL;
    }
    int order = -1; /* little-endian: the kernel is for no other machines */
    int64_t begin = first ? 0 : 1;
    return PyUnicode_DecodeUTF32((const char *)(self->out + begin), (Py_ssize_t)((self->size - begin) * 4),
                                 "surrogatepass", &order);
}

/* 0, or -1 with ValueError set where the matches are no tokens in order, or not of one of *words* words. */
static int
check_matches(const Snippet *self, int64_t words)
{
    for (int64_t number = 0, before = -1; number < self->match_count; number++) {
        const int32_t *match = self->matches + COLUMNS * number;
        if (match[TOKEN] <= before || match[TOKEN] >= self->tokens || match[WORD] < 0 || match[WORD] >= words) {
            PyErr_SetString(PyExc_ValueError, "the matches are no tokens in order, or not of words with a weight");
            return -1;
        }
        before = match[TOKEN];
    }
    return 0;
}

PyObject *
cut_text(const MarkedText *from, const double *weights, int64_t weight_count, int64_t words, int64_t start_at)
{
    Snippet self = {.text = from->text,
                    .length = PyUnicode_GetLength(from->text),
                    .spans = from->spans,
                    .tokens = from->tokens,
                    .matches = from->matches,
                    .match_count = from->match_count,
                    .weights = weights};
    PyObject *result = check_matches(&self, weight_count) < 0 ? NULL : make_snippet(&self, words, start_at);
    free(self.out);
    return result;
}

/* cut_snippet(text, spans, matches, weights, words, start_at) -> str
 *
 * *spans* int64: start and end of each token of *text*, of which there is one; *matches* int32: of each token that
 * matches, sorted, its index, the word of the query, and whether it has the typed form; *weights* float64 of those. */
static PyObject *
cut_snippet(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    Py_buffer spans = {0}, matches = {0}, weights = {0};
    PyObject *result = NULL;
    if (argument_count != 6 || !PyUnicode_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "cut_snippet takes a text, spans, matches, weights, words and start_at");
        return NULL;
    }
    int64_t words = PyLong_AsLongLong(arguments[4]), start_at = PyLong_AsLongLong(arguments[5]);
    if (PyErr_Occurred() || take_array(arguments[1], &spans, 0, 8, "ql", "spans") < 0)
        return NULL;
    if (take_array(arguments[2], &matches, 0, 4, "il", "matches") < 0 ||
        take_array(arguments[3], &weights, 0, 8, "d", "weights") < 0)
        goto end;
    MarkedText text = {arguments[0], spans.buf, spans.len / 8 / EDGES, matches.buf, matches.len / 4 / COLUMNS};
    if (!text.tokens || spans.len / 8 % EDGES || matches.len / 4 % COLUMNS || words < 1 || words > INT32_MAX)
        PyErr_SetString(PyExc_ValueError, "there are no tokens, no words to show, or matches without all columns");
    else
        result = cut_text(&text, weights.buf, weights.len / 8, words, start_at);
end:
    PyBuffer_Release(&spans);
    if (matches.obj)
        PyBuffer_Release(&matches);
    if (weights.obj)
        PyBuffer_Release(&weights);
    return result;
}

static PyMethodDef functions[] = {
    {"cut_snippet", (PyCFunction)(void (*)(void))cut_snippet, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_snippet(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* What it costs to read a typed text as each of many words: lexical/suggest/alignment.py says what that is, and finds
 * the same numbers in NumPy, to the last bit. */

#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CODES, UNTYPED, LETTERS, STEPS, PRICES, ARRAYS };
enum { KIND, AT, FIRST, SECOND, MEMBERS }; /* of a step */
enum { STANDS_FOR, STANDS_FOR_NONE, SWAP };

typedef struct {
    const uint8_t *codes; /* (words, longest) */
    int64_t words, longest, letters, length;
    const float *untyped, *costs; /* (letters,), (chunks, letters) */
    const int32_t *steps;
    const float *prices;
    int64_t step_count;
    int skipped[2];
    float skip_price;
} Alignment;

static int
check_steps(const Alignment *self, int64_t chunks)
{
    for (int64_t number = 0; number < self->step_count; number++) {
        const int32_t *step = self->steps + MEMBERS * number;
        int is_chunk = step[KIND] == STANDS_FOR || step[KIND] == STANDS_FOR_NONE;
        if (step[AT] < 1 || step[AT] > self->length || (number && step[AT] < step[AT - MEMBERS]) ||
            (!is_chunk && (step[KIND] != SWAP || step[AT] < 2)) ||
            (is_chunk && (step[FIRST] < 1 || step[FIRST] > step[AT])) ||
            (step[KIND] == STANDS_FOR && (step[SECOND] < 0 || step[SECOND] >= chunks)))
            return -1;
    }
    for (int64_t at = 0; at < self->words * self->longest; at++)
        if (self->codes[at] >= self->letters)
            return -1;
    return 0;
}

/* Fill in *rows* (length + 1, longest + 1) for one word; *summed* (longest + 1,) is what its letters cost untyped. */
static void
align_word(const Alignment *self, const uint8_t *codes, float *rows, float *summed)
{
    int64_t width = self->longest + 1;
    summed[0] = 0;
    for (int64_t at = 1; at < width; at++)
        summed[at] = at == 1 ? self->untyped[codes[0]] : summed[at - 1] + self->untyped[codes[at - 1]];
    memcpy(rows, summed, (size_t)width * sizeof *rows);
    if (self->longest >= 2 && codes[0] == self->skipped[0] && codes[1] == self->skipped[1])
        for (int64_t at = 2; at < width; at++) {
            float price = self->skip_price + summed[at] - summed[2];
            rows[at] = price < rows[at] ? price : rows[at];
        }
    int64_t number = 0;
    for (int64_t end = 1; end <= self->length; end++) {
        float *row = rows + end * width;
        for (int64_t at = 0; at < width; at++)
            row[at] = INFINITY;
        for (; number < self->step_count && self->steps[MEMBERS * number + AT] == end; number++) {
            const int32_t *step = self->steps + MEMBERS * number;
            const float *before = rows + (end - (step[KIND] == SWAP ? 2 : step[FIRST])) * width;
            float price = self->prices[number];
            if (step[KIND] == STANDS_FOR) {
                const float *costs = self->costs + step[SECOND] * self->letters;
                for (int64_t at = 1; at < width; at++) {
                    float cost = before[at - 1] + costs[codes[at - 1]];
                    row[at] = cost < row[at] ? cost : row[at];
                }
            }
            else if (step[KIND] == STANDS_FOR_NONE)
                for (int64_t at = 0; at < width; at++)
                    row[at] = before[at] + price < row[at] ? before[at] + price : row[at];
            else
                for (int64_t at = 2; at < width; at++)
                    if (codes[at - 2] == step[FIRST] && codes[at - 1] == step[SECOND] && before[at - 2] + price < row[at])
                        row[at] = before[at - 2] + price;
        }
        float least = INFINITY;
        for (int64_t at = 0; at < width; at++) {
            float cost = row[at] - summed[at];
            least = cost < least ? cost : least;
            row[at] = least + summed[at];
        }
    }
}

/* align(codes, longest, untyped, letters, steps, prices, length, skippable, skip_price) -> float32 (words, longest + 1)
 *
 * *codes* uint8 (words * longest,); *untyped* float32 (letters,); *letters* float32 (chunks * letters,); *steps* int32
 * (steps * 4,), by where they end: kind, end, and of chunks their length and which of *letters* they have, of swaps the
 * two letters; *prices* float32 (steps,); *skippable*: two letters as one number, 256 times the first, or -1. */
static PyObject *
align(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    static const struct {
        Py_ssize_t size;
        const char *formats, *name;
    } kinds[ARRAYS] = {{1, "B", "codes"}, {4, "f", "untyped"}, {4, "f", "letters"}, {4, "il", "steps"}, {4, "f", "prices"}};
    static const int places[ARRAYS] = {0, 2, 3, 4, 5};
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    float *rows = NULL;
    if (count != 9) {
        PyErr_SetString(PyExc_TypeError, "align takes nine arguments");
        return NULL;
    }
    Alignment self = {.longest = PyLong_AsLongLong(arguments[1]), .length = PyLong_AsLongLong(arguments[6])};
    int64_t skippable = PyLong_AsLongLong(arguments[7]);
    self.skip_price = (float)PyFloat_AsDouble(arguments[8]);
    if (PyErr_Occurred())
        return NULL;
    for (int array = 0; array < ARRAYS; array++)
        if (take_array(arguments[places[array]], &views[array], 0, kinds[array].size, kinds[array].formats,
                       kinds[array].name) < 0)
            goto end;
    self.codes = views[CODES].buf;
    self.untyped = views[UNTYPED].buf;
    self.costs = views[LETTERS].buf;
    self.steps = views[STEPS].buf;
    self.prices = views[PRICES].buf;
    self.letters = views[UNTYPED].len / 4;
    self.step_count = views[PRICES].len / 4;
    self.skipped[0] = skippable < 0 ? -1 : (int)(skippable >> 8 & 255);
    self.skipped[1] = skippable < 0 ? -1 : (int)(skippable & 255);
    int is_wrong = self.longest < 1 || self.longest > INT16_MAX || self.length < 0 || self.length > INT16_MAX ||
                   self.letters < 1 || views[CODES].len % self.longest || views[LETTERS].len / 4 % self.letters ||
                   views[STEPS].len / 4 != MEMBERS * self.step_count;
    self.words = is_wrong ? 0 : views[CODES].len / self.longest;
    if (is_wrong || check_steps(&self, views[LETTERS].len / 4 / self.letters) < 0) {
        PyErr_SetString(PyExc_ValueError, "the letters, the steps and what they cost do not fit together");
        goto end;
    }
    int64_t width = self.longest + 1;
    rows = malloc((size_t)(self.length + 2) * (size_t)width * sizeof *rows);
    result = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(self.words * width * 4));
    if (!rows || !result) {
        Py_CLEAR(result);
        PyErr_NoMemory();
        goto end;
    }
    float *into = (float *)PyByteArray_AsString(result);
    for (int64_t word = 0; word < self.words; word++) {
        align_word(&self, self.codes + word * self.longest, rows, rows + (self.length + 1) * width);
        memcpy(into + word * width, rows + self.length * width, (size_t)width * sizeof *into);
    }
end:
    free(rows);
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    return result;
}

static PyMethodDef functions[] = {
    {"align", (PyCFunction)(void (*)(void))align, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_alignment(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

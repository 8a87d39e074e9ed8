/* The forward view: of chosen documents of a segment, those tokens whose words are of interest. */

#include "forward.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_OFFSETS, TOKENS, FOLDED, STEMS, TERM_BYTES, TERM_OFFSETS };

static int
damaged(const char *what)
{
    PyErr_Format(PyExc_ValueError, "%s of a segment are damaged", what);
    return -1;
}

/* Turn the columns of words round: from a form to the words that have it. */
static int
index_words(Forward *self)
{
    int64_t next = 0;
    for (int64_t word = 0; word < self->words; word++) {
        int64_t folded = self->folded[word] - self->first_folded;
        if (folded < 0 || folded >= self->folded_count || (word && self->folded[word] < self->folded[word - 1]))
            return damaged("the folded forms of words");
        while (next <= folded)
            self->word_of_folded[next++] = (int32_t)word;
    }
    while (next <= self->folded_count)
        self->word_of_folded[next++] = (int32_t)self->words;
    int32_t *ends = self->stem_ends;
    for (int64_t word = 0; word < self->words; word++) {
        int64_t stem = self->stems[word] - self->first_stem;
        if (self->stems[word] < 0)
            continue;
        if (stem < 0 || stem >= self->stem_count)
            return damaged("the stems of words");
        ends[stem]++;
    }
    int32_t begin = 0;
    for (int64_t stem = 0; stem < self->stem_count; stem++) {
        int32_t count = ends[stem];
        ends[stem] = begin;
        begin += count;
    }
    for (int64_t word = 0; word < self->words; word++)
        if (self->stems[word] >= 0)
            self->words_by_stem[ends[self->stems[word] - self->first_stem]++] = (int32_t)word;
    return 0; /* the words of a stem now end at its number here, and begin at that of the stem before */
}

static int
open_forward(Forward *self, PyObject *arguments)
{
    PyObject *columns[6];
    long long bounds[4];
    if (!PyArg_ParseTuple(arguments, "OOOOOOLLLL:Forward", &columns[0], &columns[1], &columns[2], &columns[3],
                          &columns[4], &columns[5], &bounds[0], &bounds[1], &bounds[2], &bounds[3]))
        return -1;
    static const struct {
        int size;
        const char *formats, *name;
    } kinds[6] = {{8, "ql", "token_offsets"}, {4, "il", "tokens"},     {4, "il", "word_exacts"},
                  {4, "il", "word_stems"},    {1, "B", "term_bytes"}, {8, "ql", "term_offsets"}};
    for (int column = 0; column < 6; column++)
        if (take_array(columns[column], &self->views[column], 0, kinds[column].size, kinds[column].formats,
                       kinds[column].name) < 0)
            return -1;
    self->token_offsets = self->views[TOKEN_OFFSETS].buf;
    self->tokens = self->views[TOKENS].buf;
    self->folded = self->views[FOLDED].buf;
    self->stems = self->views[STEMS].buf;
    self->bytes = self->views[TERM_BYTES].buf;
    self->term_offsets = self->views[TERM_OFFSETS].buf;
    self->documents = self->views[TOKEN_OFFSETS].len / 8 - 1;
    self->token_count = self->views[TOKENS].len / 4;
    self->words = self->views[FOLDED].len / 4;
    self->byte_count = self->views[TERM_BYTES].len;
    self->terms = self->views[TERM_OFFSETS].len / 8 - 1;
    if (self->documents < 0 || self->views[STEMS].len / 4 != self->words || bounds[0] < 0 || bounds[1] < bounds[0] ||
        bounds[1] > self->terms || bounds[2] < 0 || bounds[3] < bounds[2] || bounds[3] > self->terms)
        return damaged("the columns");
    if (self->words >= INT32_MAX)
        return damaged("the words");
    self->first_folded = bounds[0];
    self->folded_count = bounds[1] - bounds[0];
    self->first_stem = bounds[2];
    self->stem_count = bounds[3] - bounds[2];
    size_t chunks = (size_t)(self->words >> 6) + 1;
    self->word_of_folded = calloc((size_t)self->folded_count + 1, sizeof(int32_t));
    self->stem_ends = calloc((size_t)self->stem_count + 1, sizeof(int32_t));
    self->words_by_stem = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->slots = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->names = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->wanted = calloc(chunks, sizeof(uint64_t));
    self->seen = calloc(chunks, sizeof(uint64_t));
    if (!self->word_of_folded || !self->stem_ends || !self->words_by_stem || !self->slots || !self->names ||
        !self->wanted || !self->seen) {
        PyErr_NoMemory();
        return -1;
    }
    return index_words(self);
}

/* Mark or unmark the words that are asked for. */
static int
mark_wanted(Forward *self, const int32_t *wanted, Py_ssize_t count)
{
    for (Py_ssize_t index = 0; index < count; index++) {
        if (wanted[index] < 0 || wanted[index] >= self->folded_count) {
            PyErr_SetString(PyExc_ValueError, "a wanted word is not in the vocabulary");
            return -1;
        }
        for (int32_t word = self->word_of_folded[wanted[index]]; word < self->word_of_folded[wanted[index] + 1]; word++)
            set_bit(self->wanted, word);
    }
    return 0;
}

/* Call on each word of the stems *numbers*: mark it (result NULL), or note which stem it has. */
static int
each_of_stems(Forward *self, PyObject *numbers, int64_t *result)
{
    Py_ssize_t count = PyTuple_Size(numbers);
    if (count < 0)
        return -1;
    for (Py_ssize_t index = 0; index < count; index++) {
        int64_t stem = PyLong_AsLongLong(PyTuple_GetItem(numbers, index));
        if (PyErr_Occurred())
            return -1;
        if (stem < self->first_stem || stem - self->first_stem >= self->stem_count)
            continue; /* this segment does not have it */
        stem -= self->first_stem;
        for (int32_t at = stem ? self->stem_ends[stem - 1] : 0; at < self->stem_ends[stem]; at++) {
            int32_t word = self->words_by_stem[at];
            if (!result)
                set_bit(self->wanted, word);
            else if (has_bit(self->seen, word))
                result[self->slots[word]] = index;
        }
    }
    return 0;
}

static int
make_room(Forward *self, int64_t needed)
{
    if (needed <= self->kept_room)
        return 0;
    int32_t *kept = realloc(self->kept, (size_t)needed * 3 * sizeof *kept);
    if (!kept) {
        PyErr_NoMemory();
        return -1;
    }
    self->kept = kept;
    self->kept_room = needed;
    return 0;
}

int64_t
read_document(Forward *self, int64_t document, int32_t index, int64_t longest, int64_t kept, int64_t *length)
{
    if (document < 0 || document >= self->documents) {
        PyErr_SetString(PyExc_ValueError, "a document is not in the segment");
        return -1;
    }
    int64_t first = self->token_offsets[document], last = self->token_offsets[document + 1];
    if (first < 0 || last < first || last > self->token_count)
        return damaged("the offsets of tokens");
    *length = last - first < longest ? last - first : longest;
    if (make_room(self, kept + *length + 1) < 0)
        return -1;
    const int32_t *tokens = self->tokens + first;
    int32_t *into = self->kept + 3 * kept;
    uint32_t words = (uint32_t)self->words, outside = 0;
    for (int32_t position = 0; position < *length; position++) {
        uint32_t word = (uint32_t)tokens[position];
        outside |= word >= words;
        word = word < words ? word : words; /* there is a bit for one more */
        if (has_bit(self->wanted, word)) {
            set_bit(self->seen, word);
            into[0] = (int32_t)word;
            into[1] = index;
            into[2] = position;
            into += 3;
        }
    }
    if (outside)
        return damaged("the tokens");
    return (into - self->kept) / 3;
}

static int
lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    int bit = 0;
    for (; !(bits & 1); bits >>= 1)
        bit++;
    return bit;
#endif
}

/* Number the words that were seen, in their order. Returns their texts, a line feed after each. */
static PyObject *
name_words(Forward *self, int64_t *count)
{
    int64_t chunks = (self->words >> 6) + 1, room = 0;
    *count = 0;
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        for (uint64_t bits = self->seen[chunk]; bits; bits &= bits - 1) {
            int32_t word = (int32_t)((chunk << 6) + lowest_bit(bits));
            if (word >= self->words) /* the bit for words that are none */
                break;
            int64_t first = self->term_offsets[self->folded[word]], last = self->term_offsets[self->folded[word] + 1];
            if (first < 0 || last < first || last > self->byte_count) {
                damaged("the texts of terms");
                return NULL;
            }
            self->slots[word] = (int32_t)*count;
            self->names[(*count)++] = word;
            room += last - first;
        }
    }
    PyObject *texts = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)room);
    if (!texts)
        return NULL;
    char *into = PyByteArray_AsString(texts);
    for (int64_t name = 0; name < *count; name++) {
        int64_t first = self->term_offsets[self->folded[self->names[name]]];
        int64_t size = self->term_offsets[self->folded[self->names[name]] + 1] - first;
        memcpy(into, self->bytes + first, (size_t)size);
        into += size;
    }
    return texts;
}

void
clear_bits(Forward *self)
{
    size_t chunks = (size_t)(self->words >> 6) + 1;
    memset(self->wanted, 0, chunks * sizeof *self->wanted);
    memset(self->seen, 0, chunks * sizeof *self->seen);
}

/* The result of view, once the tokens are read. */
static PyObject *
make_view(Forward *self, PyObject *stems, int64_t kept, PyObject *lengths)
{
    int64_t count = 0;
    PyObject *texts = name_words(self, &count), *columns[4] = {NULL, NULL, NULL, NULL};
    if (!texts)
        return NULL;
    int64_t *into[4];
    for (int column = 0; column < 4; column++) {
        int64_t size = column ? kept : count;
        columns[column] = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(size * 8));
        if (!columns[column])
            goto failed;
        into[column] = (int64_t *)PyByteArray_AsString(columns[column]);
    }
    for (int64_t word = 0; word < count; word++)
        into[0][word] = -1;
    if (each_of_stems(self, stems, into[0]) < 0)
        goto failed;
    for (int64_t token = 0; token < kept; token++) {
        into[1][token] = self->slots[self->kept[3 * token]];
        into[2][token] = self->kept[3 * token + 1];
        into[3][token] = self->kept[3 * token + 2];
    }
    Py_INCREF(lengths);
    return Py_BuildValue("(NNNNNN)", texts, columns[0], columns[1], columns[2], columns[3], lengths);
failed:
    Py_DECREF(texts);
    for (int column = 0; column < 4; column++)
        Py_XDECREF(columns[column]);
    return NULL;
}

static PyObject *
forward_view(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    Forward *self = (Forward *)object;
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "view takes documents, wanted, stems and longest");
        return NULL;
    }
    Py_buffer documents = {0}, wanted = {0};
    PyObject *result = NULL, *lengths = NULL;
    int64_t longest = PyLong_AsLongLong(arguments[3]);
    if (PyErr_Occurred() || take_array(arguments[0], &documents, 0, 8, "ql", "documents") < 0)
        return NULL;
    if (!PyTuple_Check(arguments[2]) || longest < 0 || longest > INT32_MAX) {
        PyErr_SetString(PyExc_TypeError, "stems must be a tuple and longest a number of tokens");
        goto end;
    }
    if (take_array(arguments[1], &wanted, 0, 4, "il", "wanted") < 0)
        goto end;
    lengths = PyByteArray_FromStringAndSize(NULL, documents.len);
    if (!lengths || mark_wanted(self, wanted.buf, wanted.len / 4) < 0 || each_of_stems(self, arguments[2], NULL) < 0)
        goto end;
    int64_t kept = 0;
    int64_t *each = (int64_t *)PyByteArray_AsString(lengths);
    for (Py_ssize_t index = 0; index < documents.len / 8 && kept >= 0; index++)
        kept = read_document(self, ((const int64_t *)documents.buf)[index], (int32_t)index, longest, kept,
                             &each[index]);
    if (kept >= 0)
        result = make_view(self, arguments[2], kept, lengths);
end:
    clear_bits(self);
    Py_XDECREF(lengths);
    PyBuffer_Release(&documents);
    if (wanted.obj)
        PyBuffer_Release(&wanted);
    return result;
}

static void
forward_dealloc(PyObject *object)
{
    Forward *self = (Forward *)object;
    PyTypeObject *type = Py_TYPE(object);
    for (int column = 0; column < 6; column++)
        if (self->views[column].obj)
            PyBuffer_Release(&self->views[column]);
    free(self->word_of_folded);
    free(self->stem_ends);
    free(self->words_by_stem);
    free(self->slots);
    free(self->names);
    free(self->wanted);
    free(self->seen);
    free(self->kept);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyObject *
forward_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    if (keywords && PyDict_Size(keywords)) {
        PyErr_SetString(PyExc_TypeError, "Forward takes no keywords");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *self = allocate(type, 0); /* zeros */
    if (self && open_forward((Forward *)self, arguments) < 0)
        Py_CLEAR(self);
    return self;
}

static PyMethodDef methods[] = {
    {"view", (PyCFunction)(void (*)(void))forward_view, METH_FASTCALL, NULL},
    {"find_words", (PyCFunction)(void (*)(void))forward_find_words, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot type_slots[] = {
    {Py_tp_new, forward_new},
    {Py_tp_dealloc, forward_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec specification = {
    .name = "arsearch.kernel._native.Forward",
    .basicsize = sizeof(Forward),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = type_slots,
};

int
add_forward(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &specification, NULL);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "Forward", type);
    Py_DECREF(type);
    return failed;
}

/* The forward view: of chosen documents of a segment, those tokens whose words are of interest. */

#include "forward.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_OFFSETS, TEXT_OFFSETS, TEXT_BYTES, TEXT_WIDTHS, FOLDED, STEMS, TERM_BYTES, TERM_OFFSETS, COLUMNS };

static int
damaged(const char *what)
{
    PyErr_Format(PyExc_ValueError, "%s of a segment are damaged", what);
    return -1;
}

/* Turn a column of words round: from each of *count* forms, the first of which is *first*, to the words that have it. */
static int
index_forms(const int32_t *forms, int64_t words, int64_t first, int64_t count, int32_t *ends, int32_t *by_form)
{
    for (int64_t word = 0; word < words; word++) {
        int64_t form = forms[word] - first;
        if (forms[word] < 0)
            continue;
        if (form < 0 || form >= count)
            return damaged("the forms of words");
        ends[form]++;
    }
    int32_t begin = 0;
    for (int64_t form = 0; form < count; form++) {
        int32_t size = ends[form];
        ends[form] = begin;
        begin += size;
    }
    for (int64_t word = 0; word < words; word++)
        if (forms[word] >= 0)
            by_form[ends[forms[word] - first]++] = (int32_t)word;
    return 0;
}

static int
index_words(Forward *self)
{
    for (int64_t word = 0; word < self->words; word++)
        if (self->folded[word] < 0)
            return damaged("the folded forms of words");
    if (index_forms(self->folded, self->words, self->first_folded, self->folded_count, self->folded_ends,
                    self->words_by_folded) < 0)
        return -1;
    return index_forms(self->stems, self->words, self->first_stem, self->stem_count, self->stem_ends,
                       self->words_by_stem);
}

static int
open_forward(Forward *self, PyObject *arguments)
{
    PyObject *columns[COLUMNS];
    long long bounds[4];
    if (!PyArg_ParseTuple(arguments, "OOOOOOOOLLLL:Forward", &columns[0], &columns[1], &columns[2], &columns[3],
                          &columns[4], &columns[5], &columns[6], &columns[7], &bounds[0], &bounds[1], &bounds[2],
                          &bounds[3]))
        return -1;
    static const ArrayKind kinds[COLUMNS] = {
        {8, "ql", "token_offsets", 0}, {0, NULL, "text_offsets", 0}, {1, "B", "text_bytes", 0},
        {1, "B", "text_widths", 0},    {4, "il", "word_exacts", 0},  {4, "il", "word_stems", 0},
        {1, "B", "term_bytes", 0},     {0, NULL, "term_offsets", 0},
    };
    for (int column = 0; column < COLUMNS; column++)
        if ((kinds[column].size ? take_array(columns[column], &self->views[column], 0, kinds[column].size,
                                             kinds[column].formats, kinds[column].name)
                                : take_offsets(columns[column], &self->views[column], kinds[column].name)) < 0)
            return -1;
    self->token_offsets = self->views[TOKEN_OFFSETS].buf;
    self->text_offsets = &self->views[TEXT_OFFSETS];
    self->packed = self->views[TEXT_BYTES].buf;
    self->folded = self->views[FOLDED].buf;
    self->stems = self->views[STEMS].buf;
    self->bytes = self->views[TERM_BYTES].buf;
    self->documents = self->views[TOKEN_OFFSETS].len / 8 - 1;
    self->packed_size = self->views[TEXT_BYTES].len - PADDING;
    self->words = self->views[FOLDED].len / 4;
    self->byte_count = self->views[TERM_BYTES].len;
    self->terms = self->views[TERM_OFFSETS].len / self->views[TERM_OFFSETS].itemsize - 1;
    if (self->documents < 0 || self->views[STEMS].len / 4 != self->words || bounds[0] < 0 || bounds[1] < bounds[0] ||
        bounds[1] > self->terms || bounds[2] < 0 || bounds[3] < bounds[2] || bounds[3] > self->terms ||
        self->views[TEXT_OFFSETS].len / self->views[TEXT_OFFSETS].itemsize != self->documents + 1 ||
        take_code(&self->views[TEXT_WIDTHS], &self->code) < 0)
        return damaged("the columns");
    if (self->words >= INT32_MAX)
        return damaged("the words");
    self->first_folded = bounds[0];
    self->folded_count = bounds[1] - bounds[0];
    self->first_stem = bounds[2];
    self->stem_count = bounds[3] - bounds[2];
    size_t chunks = (size_t)(self->words >> 6) + 1;
    self->folded_ends = calloc((size_t)self->folded_count + 1, sizeof(int32_t));
    self->words_by_folded = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->stem_ends = calloc((size_t)self->stem_count + 1, sizeof(int32_t));
    self->words_by_stem = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->slots = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->names = calloc((size_t)self->words + 1, sizeof(int32_t));
    self->wanted = calloc(chunks, sizeof(uint64_t));
    self->seen = calloc(chunks, sizeof(uint64_t));
    if (!self->folded_ends || !self->words_by_folded || !self->stem_ends || !self->words_by_stem || !self->slots || !self->names ||
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
        mark_form(self, self->folded_ends, self->words_by_folded, wanted[index]);
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

#define AT_ONCE 256 /* words, a multiple of eight */

/* Read the next *count* words, a multiple of four or the last ones: 0, or -1 if they are damaged, without an error set. */
static int
read_words(WordRun *run, const WordCode *code, int count, uint32_t *restrict words)
{
    const uint8_t *classes = run->classes + (run->index >> 2), *bits = run->bits;
    uint64_t bit = run->bit, last = (uint64_t)(run->end - run->bits) << 3;
    int read = 0;
    for (; read + 4 <= count && bit <= last; read += 4) {
        int four = *classes++;
        bit = read_pair(bits, bit, code, four & 15, words + read);
        bit = read_pair(bits, bit, code, four >> 4, words + read + 2);
    }
    run->bit = bit;
    run->index += (uint64_t)read;
    return bit > last || (read < count && next_words(run, code, count - read, words + read) < 0) ? -1 : 0;
}

/* Note of each word whether it is wanted. Returns whether any is none of the *known* ones. */
VECTORISED static uint32_t
find_wanted(const uint64_t *restrict wanted, const uint32_t *restrict words, int count, uint32_t known,
            uint8_t *restrict hits)
{
    uint32_t outside = 0;
    for (int index = 0; index < count; index++) {
        uint32_t word = words[index], is_outside = word >= known;
        outside |= is_outside;
        word = is_outside ? known : word; /* there is a bit for one more */
        hits[index] = (uint8_t)(wanted[word >> 6] >> (word & 63) & 1);
    }
    return outside;
}

int64_t
read_document(Forward *self, int64_t document, int32_t index, int64_t longest, int64_t kept, int64_t *length)
{
    if (document < 0 || document >= self->documents) {
        PyErr_SetString(PyExc_ValueError, "a document is not in the segment");
        return -1;
    }
    int64_t first = self->token_offsets[document], last = self->token_offsets[document + 1];
    int64_t begin = offset_at(&self->views[TEXT_OFFSETS], document);
    int64_t end = offset_at(&self->views[TEXT_OFFSETS], document + 1);
    WordRun run;
    if (first < 0 || last < first || begin < 0 || end < begin || end > self->packed_size ||
        begin_words(&run, self->packed + begin, self->packed + end, last - first) < 0)
        return damaged("the offsets of tokens");
    *length = last - first < longest ? last - first : longest;
    if (*length > INT32_MAX || make_room(self, kept + *length + 1) < 0)
        return *length > INT32_MAX ? damaged("the offsets of tokens") : -1;
    int32_t *into = self->kept + 3 * kept;
    uint32_t words[AT_ONCE];
    uint8_t hits[AT_ONCE] = {0};
    for (int64_t position = 0; position < *length; position += AT_ONCE) {
        int count = (int)(*length - position < AT_ONCE ? *length - position : AT_ONCE);
        if (read_words(&run, &self->code, count, words) < 0 ||
            find_wanted(self->wanted, words, count, (uint32_t)self->words, hits))
            return damaged("the tokens");
        for (int first = 0; first < count; first += 8) {
            uint64_t eight;
            memcpy(&eight, hits + first, sizeof eight);
            for (int which = first; eight; which++, eight >>= 8) {
                if (!(eight & 1))
                    continue;
                set_bit(self->seen, words[which]);
                into[0] = (int32_t)words[which];
                into[1] = index;
                into[2] = (int32_t)position + which;
                into += 3;
            }
        }
        memset(hits, 0, sizeof hits); /* for a last group that is not full */
    }
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
            int64_t first = offset_at(&self->views[TERM_OFFSETS], self->folded[word]);
            int64_t last = offset_at(&self->views[TERM_OFFSETS], self->folded[word] + 1);
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
        int64_t first = offset_at(&self->views[TERM_OFFSETS], self->folded[self->names[name]]);
        int64_t size = offset_at(&self->views[TERM_OFFSETS], self->folded[self->names[name]] + 1) - first;
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
    for (int column = 0; column < COLUMNS; column++)
        if (self->views[column].obj)
            PyBuffer_Release(&self->views[column]);
    free(self->folded_ends);
    free(self->words_by_folded);
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
    {"snippets", (PyCFunction)(void (*)(void))forward_snippets, METH_FASTCALL, NULL},
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

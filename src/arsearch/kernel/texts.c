/* The words of texts, packed, and where they stand: arsearch.lexical.segment.packing says how. */

#include "packing.h"

#define DAMAGED "the words of the documents of a segment are damaged"

/* The class of a word. */
static int
class_of(const WordCode *code, uint32_t word)
{
    int class = 0;
    while (class < CLASSES - 1 && word >= code->classes[class + 1].base)
        class++;
    return class;
}

/* Write the *count* words of a document; return how many bytes they take, -1 if one has no number in the code. */
static int64_t
pack_document(const WordCode *code, const int32_t *words, int64_t count, uint8_t *to)
{
    int64_t class_bytes = bytes_of(count, 2);
    uint8_t *classes = to, *into = to + class_bytes;
    uint64_t waiting = 0;
    int bits = 0;
    memset(classes, 0, (size_t)class_bytes);
    for (int64_t index = 0; index < count; index++) {
        int class = words[index] < 0 ? CLASSES - 1 : class_of(code, (uint32_t)words[index]);
        uint32_t value = (uint32_t)words[index] - code->classes[class].base;
        if (words[index] < 0 || value > code->classes[class].mask)
            return -1;
        classes[index >> 2] |= (uint8_t)(class << (2 * (index & 3)));
        waiting |= (uint64_t)value << bits;
        for (bits += (int)code->classes[class].width; bits >= 8; bits -= 8, waiting >>= 8)
            *into++ = (uint8_t)waiting;
    }
    if (bits)
        *into++ = (uint8_t)waiting;
    return into - to;
}

/* pack_words(words, offsets, widths, ends, packed): as pack_postings does, with room for five bytes a word and document. */
static PyObject *
pack_words(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    enum { WORDS, OFFSETS, WIDTHS, ENDS, PACKED, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {4, "il", "words", 0}, {8, "lq", "offsets", 0}, {1, "B", "widths", 0}, {8, "lq", "ends", 1}, {1, "B", "packed", 1},
    };
    Py_buffer views[ARRAYS] = {{0}};
    WordCode code;
    if (take_arrays(kinds, ARRAYS, arguments, count, "pack_words", views) < 0)
        return answer(views, ARRAYS, NULL);
    const int32_t *words = views[WORDS].buf;
    const int64_t *offsets = views[OFFSETS].buf;
    int64_t *ends = views[ENDS].buf, size = 0, last = 0, room = views[PACKED].len;
    Py_ssize_t documents = views[ENDS].len / 8;
    int is_wrong = views[OFFSETS].len / 8 != documents + 1 || take_code(&views[WIDTHS], &code) < 0;
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t document = 0; document < documents && !is_wrong; document++) {
        int64_t first = offsets[document];
        is_wrong = first < last || offsets[document + 1] < first || offsets[document + 1] > views[WORDS].len / 4 ||
                   5 * (offsets[document + 1] - first + 1) > room - size;
        if (is_wrong)
            break;
        last = offsets[document + 1];
        int64_t packed = pack_document(&code, words + first, last - first, (uint8_t *)views[PACKED].buf + size);
        is_wrong = packed < 0;
        size += packed;
        ends[document] = size;
    }
    Py_END_ALLOW_THREADS;
    return answer(views, ARRAYS, is_wrong ? "the words of documents do not fit together" : NULL);
}

/* Read *count* words between *begin* and *end*: 0, or -1 if they are damaged. */
static int
read_words(const uint8_t *begin, const uint8_t *end, const WordCode *code, int64_t count, int32_t *to)
{
    WordRun run;
    if (begin_words(&run, begin, end, count) < 0)
        return -1;
    for (int64_t index = 0; index < count;) {
        int read = next_words(&run, code, count - index, (uint32_t *)to + index);
        if (read < 0)
            return -1;
        index += read;
    }
    return 0;
}

/* unpack_words(packed, begins, ends, counts, widths, words): the first so many of each document. */
static PyObject *
unpack_words(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    enum { PACKED, BEGINS, ENDS, COUNTS, WIDTHS, WORDS, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {1, "B", "packed", 0},  {8, "lq", "begins", 0}, {8, "lq", "ends", 0},
        {8, "lq", "counts", 0}, {1, "B", "widths", 0},  {4, "il", "words", 1},
    };
    Py_buffer views[ARRAYS] = {{0}};
    WordCode code;
    if (take_arrays(kinds, ARRAYS, arguments, count, "unpack_words", views) < 0)
        return answer(views, ARRAYS, NULL);
    const uint8_t *packed = views[PACKED].buf;
    const int64_t *begins = views[BEGINS].buf, *ends = views[ENDS].buf, *counts = views[COUNTS].buf;
    int32_t *words = views[WORDS].buf;
    int64_t room = views[WORDS].len / 4;
    Py_ssize_t documents = views[BEGINS].len / 8;
    int is_damaged = views[ENDS].len / 8 != documents || views[COUNTS].len / 8 != documents ||
                     take_code(&views[WIDTHS], &code) < 0;
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t document = 0; document < documents && !is_damaged; document++) {
        is_damaged = begins[document] < 0 || ends[document] < begins[document] ||
                     ends[document] > views[PACKED].len - PADDING || counts[document] < 0 || counts[document] > room ||
                     read_words(packed + begins[document], packed + ends[document], &code, counts[document], words) < 0;
        if (is_damaged)
            break;
        words += counts[document];
        room -= counts[document];
    }
    Py_END_ALLOW_THREADS;
    return answer(views, ARRAYS, is_damaged || room ? DAMAGED : NULL);
}

/* words_at(packed, text_offsets, token_offsets, widths, documents, places, words)
 *
 * Of each of *documents* the words from one of *places* on, as many of each as there is room for in *words*. */
static PyObject *
words_at(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { PACKED, TOKEN_OFFSETS, WIDTHS, DOCUMENTS, PLACES, WORDS, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {1, "B", "packed", 0},     {8, "lq", "token_offsets", 0}, {1, "B", "widths", 0},
        {8, "lq", "documents", 0}, {8, "lq", "places", 0},        {4, "il", "words", 1},
    };
    Py_buffer views[ARRAYS] = {{0}}, text_offsets = {0};
    WordCode code;
    if (argument_count != ARRAYS + 1) {
        PyErr_SetString(PyExc_TypeError, "words_at takes seven arrays");
        return NULL;
    }
    if (take_offsets(arguments[1], &text_offsets, "text_offsets") < 0)
        return NULL;
    PyObject *const arrays[ARRAYS] = {arguments[0], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6]};
    if (take_arrays(kinds, ARRAYS, arrays, ARRAYS, "words_at", views) < 0) {
        PyBuffer_Release(&text_offsets);
        return answer(views, ARRAYS, NULL);
    }
    const uint8_t *packed = views[PACKED].buf;
    const int64_t *offsets = views[TOKEN_OFFSETS].buf, *asked = views[DOCUMENTS].buf, *places = views[PLACES].buf;
    int32_t *words = views[WORDS].buf;
    Py_ssize_t count = views[DOCUMENTS].len / 8, documents = views[TOKEN_OFFSETS].len / 8 - 1;
    int64_t each = count ? views[WORDS].len / 4 / count : 0;
    int is_damaged = views[PLACES].len / 8 != count || views[WORDS].len / 4 != each * count ||
                     text_offsets.len / text_offsets.itemsize != documents + 1 || take_code(&views[WIDTHS], &code) < 0;
    uint8_t of_four[256]; /* bits of the words that a byte of classes stands for */
    for (int byte = 0; byte < 256 && !is_damaged; byte++)
        of_four[byte] = (uint8_t)(code.classes[byte & 3].width + code.classes[byte >> 2 & 3].width +
                                  code.classes[byte >> 4 & 3].width + code.classes[byte >> 6].width);
    WordRun run = {0};
    int64_t opened = -1, length = 0, byte = 0;
    for (Py_ssize_t index = 0; index < count && !is_damaged; index++) {
        int64_t document = asked[index], place = places[index];
        if (document != opened || place >> 2 < byte) {
            is_damaged = document < 0 || document >= documents;
            if (is_damaged)
                break;
            int64_t begin = offset_at(&text_offsets, document), end = offset_at(&text_offsets, document + 1);
            is_damaged = offsets[document] < 0 || offsets[document + 1] < offsets[document];
            if (is_damaged)
                break;
            length = offsets[document + 1] - offsets[document];
            is_damaged = begin < 0 || end < begin || end > views[PACKED].len - PADDING ||
                         begin_words(&run, packed + begin, packed + end, length) < 0;
            opened = document;
            byte = 0;
        }
        is_damaged |= place < 0 || place > length - each;
        if (is_damaged)
            break;
        for (; byte < place >> 2; byte++)
            run.bit += of_four[run.classes[byte]];
        is_damaged = !is_within(&run);
        WordRun here = run;
        here.index = (uint64_t)byte << 2;
        while (!is_damaged && here.index < (uint64_t)place)
            next_word(&here, &code);
        for (int64_t which = 0; which < each && !is_damaged; which++) {
            *words++ = (int32_t)next_word(&here, &code);
            is_damaged = !is_within(&here);
        }
    }
    PyBuffer_Release(&text_offsets);
    return answer(views, ARRAYS, is_damaged ? DAMAGED : NULL);
}

/* Where the words of a document stand, while it is read. */
typedef struct {
    const uint8_t *flags, *gaps, *widths, *escaped;
    int64_t odd, escapes;
} SpanRun;

static int
bits_of(uint8_t byte)
{
#ifdef __GNUC__
    return __builtin_popcount(byte);
#else
    int bits = 0;
    for (; byte; byte &= byte - 1)
        bits++;
    return bits;
#endif
}

/* Begin to read the spans of *count* words between *begin* and *end*: 0, or -1 if they are damaged. */
static int
begin_spans(SpanRun *run, const uint8_t *begin, const uint8_t *end, int64_t count)
{
    int64_t flag_bytes = bytes_of(count, 1), odd = 0, escapes = 0;
    if (end - begin < flag_bytes)
        return -1;
    for (int64_t index = 0; index < flag_bytes; index++)
        odd += bits_of(begin[index]);
    if (end - begin - flag_bytes < 2 * odd)
        return -1;
    for (int64_t index = 0; index < odd; index++)
        escapes += begin[flag_bytes + index] == 255;
    if (end - begin - flag_bytes - 2 * odd < 8 * escapes)
        return -1;
    *run = (SpanRun){begin, begin + flag_bytes, begin + flag_bytes + odd, begin + flag_bytes + 2 * odd, odd, escapes};
    return 0;
}

int
read_spans(const SpanRecord *from, const WordCode *code, const uint8_t *word_widths, int64_t known, int64_t count,
           int64_t body, int64_t *into)
{
    WordRun words;
    SpanRun spans;
    if (begin_words(&words, from->words, from->words_end, count) < 0 ||
        begin_spans(&spans, from->spans, from->spans_end, count) < 0)
        return -1;
    int64_t end = 0;
    uint32_t four[4];
    for (int64_t token = 0; token < count;) {
        int read = next_words(&words, code, count - token, four), flags = spans.flags[token >> 3] >> (token & 7);
        for (int which = 0; which < read; which++, token++, flags >>= 1) {
            if ((int64_t)four[which] >= known)
                return -1;
            int64_t gap = 1, width = word_widths[four[which]];
            if (flags & 1) {
                gap = *spans.gaps++;
                width = *spans.widths++;
                if (gap == 255) {
                    int32_t escaped[2];
                    memcpy(escaped, spans.escaped, sizeof escaped);
                    spans.escaped += sizeof escaped;
                    gap = escaped[0];
                    width = escaped[1];
                }
            }
            if (token == body)
                end = 0;
            *into++ = end + gap;
            end += gap + width;
            *into++ = end;
        }
        if (read < 0)
            return -1;
    }
    return 0;
}

/* token_spans(words, begin, end, widths, word_widths, spans, begin, end, count, body) -> int64 (count, 2)
 *
 * Start and end of the *count* tokens of a document, of which those from *body* on count from 0 again. */
static PyObject *
token_spans(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    enum { WORDS, WIDTHS, WORD_WIDTHS, SPANS, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {1, "B", "words", 0}, {1, "B", "widths", 0}, {1, "B", "word_widths", 0}, {1, "B", "spans", 0}};
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    if (argument_count != ARRAYS + 6) {
        PyErr_SetString(PyExc_TypeError, "token_spans takes four arrays and six numbers");
        return NULL;
    }
    PyObject *const arrays[ARRAYS] = {arguments[0], arguments[3], arguments[4], arguments[5]};
    static const int numbered[6] = {1, 2, 6, 7, 8, 9};
    int64_t numbers[6];
    for (int index = 0; index < 6; index++)
        numbers[index] = PyLong_AsLongLong(arguments[numbered[index]]);
    if (PyErr_Occurred() || take_arrays(kinds, ARRAYS, arrays, ARRAYS, "token_spans", views) < 0)
        goto end;
    WordCode code;
    const uint8_t *packed = views[WORDS].buf, *where = views[SPANS].buf;
    int64_t count = numbers[4];
    if (numbers[0] >= 0 && numbers[1] >= numbers[0] && numbers[1] <= views[WORDS].len - PADDING && numbers[2] >= 0 &&
        numbers[3] >= numbers[2] && numbers[3] <= views[SPANS].len && may_have_spans(numbers[3] - numbers[2], count) &&
        take_code(&views[WIDTHS], &code) == 0) {
        SpanRecord record = {packed + numbers[0], packed + numbers[1], where + numbers[2], where + numbers[3]};
        result = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(count * 16));
        if (!result)
            goto end;
        if (read_spans(&record, &code, views[WORD_WIDTHS].buf, views[WORD_WIDTHS].len, count, numbers[5],
                       (int64_t *)PyByteArray_AsString(result)) < 0)
            Py_CLEAR(result);
    }
    if (!result)
        PyErr_SetString(PyExc_ValueError, "the offsets of tokens of a segment are damaged");
end:
    release_arrays(views, ARRAYS);
    return result;
}

static PyMethodDef functions[] = {
    {"pack_words", (PyCFunction)(void (*)(void))pack_words, METH_FASTCALL, NULL},
    {"unpack_words", (PyCFunction)(void (*)(void))unpack_words, METH_FASTCALL, NULL},
    {"words_at", (PyCFunction)(void (*)(void))words_at, METH_FASTCALL, NULL},
    {"token_spans", (PyCFunction)(void (*)(void))token_spans, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_texts(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

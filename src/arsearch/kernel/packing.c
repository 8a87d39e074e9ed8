/* Packing postings and texts, and unpacking many at once: arsearch.lexical.segment.packing says how. */

#include "packing.h"

static int
width_of(uint32_t value)
{
    int width = 0;
    for (; value; value >>= 1)
        width++;
    return width;
}

/* Write *count* numbers of *width* bits; return how many bytes they take. */
static int64_t
pack_run(const uint32_t *values, int count, int width, uint8_t *to)
{
    int64_t size = bytes_of(count, width);
    uint64_t waiting = 0;
    int bits = 0;
    for (int index = 0; index < count; index++) {
        waiting |= (uint64_t)values[index] << bits;
        for (bits += width; bits >= 8; bits -= 8, waiting >>= 8)
            *to++ = (uint8_t)waiting;
    }
    if (bits)
        *to = (uint8_t)waiting;
    return size;
}

static int
width_of_run(const uint32_t *values, int count)
{
    uint32_t all = 0;
    for (int index = 0; index < count; index++)
        all |= values[index];
    return width_of(all);
}

/* Whether *offsets* never decrease and lie between 0 and *last*. */
static int
are_offsets(const int64_t *offsets, Py_ssize_t count, int64_t last)
{
    if (count < 1 || offsets[0] < 0 || offsets[count - 1] > last)
        return 0;
    for (Py_ssize_t index = 1; index < count; index++)
        if (offsets[index] < offsets[index - 1])
            return 0;
    return 1;
}

typedef struct {
    const int64_t *offsets, *position_offsets;
    const int32_t *documents, *frequencies;
    const Py_buffer *positions;
} Unpacked;

/* Pack the postings of *term* from *first* to *last*; -1 if they are out of order. */
static int64_t
pack_documents(const Unpacked *from, int64_t first, int64_t last, uint8_t *to)
{
    uint32_t documents[BLOCK], frequencies[BLOCK];
    int64_t next = 0, size = 0;
    for (; first < last; first += BLOCK) {
        int count = (int)(last - first < BLOCK ? last - first : BLOCK);
        for (int index = 0; index < count; index++) {
            int64_t document = from->documents[first + index];
            if (document < next || from->frequencies[first + index] < 1)
                return -1;
            documents[index] = (uint32_t)(document - next);
            frequencies[index] = (uint32_t)from->frequencies[first + index] - 1;
            next = document + 1;
        }
        int widths[2] = {width_of_run(documents, count), width_of_run(frequencies, count)};
        to[size] = (uint8_t)widths[0];
        to[size + 1] = (uint8_t)widths[1];
        size += 2;
        size += pack_run(documents, count, widths[0], to + size);
        size += pack_run(frequencies, count, widths[1], to + size);
    }
    return size;
}

/* Pack the positions from *first* to *last* of the postings from *posting* on; -1 if they are out of order. */
static int64_t
pack_positions(const Unpacked *from, int64_t posting, int64_t first, int64_t last, uint8_t *to)
{
    uint32_t values[BLOCK];
    int64_t size = 0, left = 0;
    uint64_t next = 0;
    for (; first < last; first += BLOCK) {
        int count = (int)(last - first < BLOCK ? last - first : BLOCK);
        for (int index = 0; index < count; index++) {
            if (!left) {
                left = from->frequencies[posting++];
                next = 0;
            }
            uint64_t position = unsigned_at(from->positions, first + index);
            if (position < next || position > INT32_MAX)
                return -1;
            values[index] = (uint32_t)(position - next);
            next = position + 1;
            left--;
        }
        int width = width_of_run(values, count);
        to[size++] = (uint8_t)width;
        size += pack_run(values, count, width, to + size);
    }
    return size;
}

/* More bytes than *count* numbers of up to 32 bits can take, *width* of them each, in blocks with as many bytes before. */
static int64_t
most_bytes(int64_t count, int width)
{
    return count * 4 * width + (count / BLOCK + 1) * 2 * width;
}

/* pack_postings(offsets, documents, frequencies, position_offsets, positions, ends, packed)
 *
 * Write the record of each term, one after the other, and note where it ends. *packed* must have room for as many bytes as
 * they could take. */
static PyObject *
pack_postings(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    enum { OFFSETS, DOCUMENTS, FREQUENCIES, POSITION_OFFSETS, POSITIONS, ENDS, PACKED, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {8, "lq", "offsets", 0}, {4, "il", "documents", 0}, {4, "il", "frequencies", 0}, {8, "lq", "position_offsets", 0},
        {0, NULL, "positions", 0}, {8, "lq", "ends", 1},     {1, "B", "packed", 1},
    };
    Py_buffer views[ARRAYS] = {{0}};
    if (take_arrays(kinds, ARRAYS, arguments, count, "pack_postings", views) < 0)
        return answer(views, ARRAYS, NULL);
    Unpacked from = {views[OFFSETS].buf, views[POSITION_OFFSETS].buf, views[DOCUMENTS].buf, views[FREQUENCIES].buf,
                     &views[POSITIONS]};
    Py_ssize_t terms = views[ENDS].len / 8, room = views[PACKED].len;
    int64_t *ends = views[ENDS].buf, size = 0;
    if (views[OFFSETS].len / 8 != terms + 1 || views[POSITION_OFFSETS].len / 8 != terms + 1 ||
        views[DOCUMENTS].len != views[FREQUENCIES].len ||
        !are_offsets(from.offsets, terms + 1, views[DOCUMENTS].len / 4) ||
        !are_offsets(from.position_offsets, terms + 1, views[POSITIONS].len / views[POSITIONS].itemsize))
        return answer(views, ARRAYS, "the arrays of postings do not fit together");
    const char *wrong = NULL;
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t term = 0; term < terms && !wrong; term++) {
        int64_t first = from.offsets[term], last = from.offsets[term + 1], occurrences = 0;
        int64_t positions = from.position_offsets[term + 1] - from.position_offsets[term];
        for (int64_t posting = first; posting < last; posting++)
            occurrences += from.frequencies[posting];
        if (positions && positions != occurrences) {
            wrong = "there must be as many positions as the frequencies say";
        } else if (most_bytes(last - first, 2) + most_bytes(positions, 1) > room - size) {
            wrong = "there is no room for the packed postings";
        } else {
            uint8_t *to = (uint8_t *)views[PACKED].buf + size;
            int64_t documents = pack_documents(&from, first, last, to), places = 0;
            if (documents < 0)
                wrong = "postings are out of order, or of no word";
            else if (positions && (places = pack_positions(&from, first, from.position_offsets[term],
                                                           from.position_offsets[term + 1], to + documents)) < 0)
                wrong = "positions are out of order";
            size += documents + places;
            ends[term] = size;
        }
    }
    Py_END_ALLOW_THREADS;
    return answer(views, ARRAYS, wrong);
}

/* Whether each of *begins* .. *ends* lies within what is packed, with the padding behind. */
static int
are_within(const int64_t *begins, const int64_t *ends, Py_ssize_t count, int64_t size)
{
    for (Py_ssize_t index = 0; index < count; index++)
        if (begins[index] < 0 || ends[index] < begins[index] || ends[index] > size - PADDING)
            return 0;
    return 1;
}

/* unpack_postings(packed, begins, ends, counts, documents, frequencies, positions_begin) */
static PyObject *
unpack_postings(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    enum { PACKED, BEGINS, ENDS, COUNTS, DOCUMENTS, FREQUENCIES, POSITIONS_BEGIN, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {1, "B", "packed", 0},    {8, "lq", "begins", 0},      {8, "lq", "ends", 0},           {8, "lq", "counts", 0},
        {4, "il", "documents", 1}, {4, "il", "frequencies", 1}, {8, "lq", "positions_begin", 1},
    };
    Py_buffer views[ARRAYS] = {{0}};
    if (take_arrays(kinds, ARRAYS, arguments, count, "unpack_postings", views) < 0)
        return answer(views, ARRAYS, NULL);
    const uint8_t *packed = views[PACKED].buf;
    const int64_t *begins = views[BEGINS].buf, *ends = views[ENDS].buf, *counts = views[COUNTS].buf;
    int32_t *documents = views[DOCUMENTS].buf, *frequencies = views[FREQUENCIES].buf;
    int64_t *positions_begin = views[POSITIONS_BEGIN].buf, room = views[DOCUMENTS].len / 4;
    Py_ssize_t terms = views[BEGINS].len / 8;
    int is_damaged = views[ENDS].len / 8 != terms || views[COUNTS].len / 8 != terms ||
                     views[POSITIONS_BEGIN].len / 8 != terms || views[FREQUENCIES].len / 4 != room ||
                     !are_within(begins, ends, terms, views[PACKED].len);
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t term = 0; term < terms && !is_damaged; term++) {
        PostingRun run = {packed + begins[term], packed + ends[term], counts[term], 0};
        is_damaged = counts[term] < 0 || counts[term] > room;
        while (run.left > 0 && !is_damaged) {
            int read = read_block(&run, documents, (uint32_t *)frequencies);
            is_damaged = read < 0;
            documents += read;
            frequencies += read;
            room -= read;
        }
        positions_begin[term] = run.at - packed;
    }
    Py_END_ALLOW_THREADS;
    return answer(views, ARRAYS, is_damaged || room ? "the postings of a segment are damaged" : NULL);
}

/* Unpack the positions of the postings of one term; -1 if they are damaged. *to* has room for all of them. */
static int
unpack_of_term(const uint8_t *at, const uint8_t *end, const int32_t *frequencies, int64_t postings, int64_t positions,
               uint32_t *to)
{
    int64_t left = 0, posting = 0;
    uint64_t next = 0, most = 0;
    while (positions > 0) {
        int count = (int)(positions < BLOCK ? positions : BLOCK);
        if (end - at < 1 || at[0] > 31 || end - at - 1 < bytes_of(count, at[0]))
            return -1;
        unpack_run(at + 1, at[0], count, to);
        at += 1 + bytes_of(count, at[0]);
        /* There are as many positions as the frequencies say, so none is read beyond the last. */
        for (int index = 0; index < count; index++) {
            int is_first = left == 0;
            most = next > most ? next : most;
            left = (is_first ? frequencies[posting] : left) - 1;
            posting += is_first;
            next = (is_first ? 0 : next) + to[index];
            to[index] = (uint32_t)next++;
        }
        to += count;
        positions -= count;
    }
    most = next > most ? next : most;
    return at != end || most > (uint64_t)INT32_MAX + 1 || posting != postings ? -1 : 0;
}

/* unpack_positions(packed, begins, ends, counts, frequencies, positions): of terms that have some. */
static PyObject *
unpack_positions(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    enum { PACKED, BEGINS, ENDS, COUNTS, FREQUENCIES, POSITIONS, ARRAYS };
    static const ArrayKind kinds[ARRAYS] = {
        {1, "B", "packed", 0},  {8, "lq", "begins", 0},      {8, "lq", "ends", 0},
        {8, "lq", "counts", 0}, {4, "il", "frequencies", 0}, {4, "IL", "positions", 1},
    };
    Py_buffer views[ARRAYS] = {{0}};
    if (take_arrays(kinds, ARRAYS, arguments, count, "unpack_positions", views) < 0)
        return answer(views, ARRAYS, NULL);
    const uint8_t *packed = views[PACKED].buf;
    const int64_t *begins = views[BEGINS].buf, *ends = views[ENDS].buf, *counts = views[COUNTS].buf;
    const int32_t *frequencies = views[FREQUENCIES].buf;
    int64_t postings = views[FREQUENCIES].len / 4, room = views[POSITIONS].len / 4;
    uint32_t *positions = views[POSITIONS].buf;
    Py_ssize_t terms = views[BEGINS].len / 8;
    int is_damaged = views[ENDS].len / 8 != terms || views[COUNTS].len / 8 != terms ||
                     !are_within(begins, ends, terms, views[PACKED].len);
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t term = 0; term < terms && !is_damaged; term++) {
        int64_t occurrences = 0;
        is_damaged = counts[term] < 0 || counts[term] > postings;
        for (int64_t posting = 0; posting < counts[term] && !is_damaged; posting++) {
            occurrences += frequencies[posting];
            is_damaged = frequencies[posting] < 1 || occurrences > room;
        }
        if (is_damaged ||
            unpack_of_term(packed + begins[term], packed + ends[term], frequencies, counts[term], occurrences, positions) < 0) {
            is_damaged = 1;
            break;
        }
        frequencies += counts[term];
        postings -= counts[term];
        positions += occurrences;
        room -= occurrences;
    }
    Py_END_ALLOW_THREADS;
    return answer(views, ARRAYS, is_damaged || room || postings ? "the positions of a segment are damaged" : NULL);
}

static PyMethodDef functions[] = {
    {"pack_postings", (PyCFunction)(void (*)(void))pack_postings, METH_FASTCALL, NULL},
    {"unpack_postings", (PyCFunction)(void (*)(void))unpack_postings, METH_FASTCALL, NULL},
    {"unpack_positions", (PyCFunction)(void (*)(void))unpack_positions, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_packing(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* Scoring postings by BM25, and adding the terms of a word up to one list. */

#include "scoring.h"

/* Unpack the next block of postings, if there is one: 0, or -1 with an error set. */
static int
unpack_block(Cursor *cursor)
{
    uint32_t frequencies[BLOCK];
    cursor->at = cursor->read = 0;
    if (!cursor->run.left)
        return 0;
    int count = read_block(&cursor->run, cursor->documents, frequencies);
    if (count < 0) {
        PyErr_SetString(PyExc_ValueError, "the postings of a term are damaged");
        return -1;
    }
    for (int index = 0; index < count; index++)
        cursor->frequencies[index] = (float)frequencies[index];
    cursor->read = count;
    return 0;
}

/* The same operations in the same order as NumPy's idf * f / (f + norm) * boost, so that scores are equal to the bit. */
VECTORISED static uint32_t
score_block(const int32_t *restrict documents, const float *restrict frequencies, const float *restrict norms,
            float idf, float boost, int count, int32_t first, uint32_t size, int32_t *restrict offsets,
            float *restrict scores)
{
    uint32_t outside = 0;
    for (int index = 0; index < count; index++) {
        uint32_t offset = (uint32_t)documents[index] - (uint32_t)first;
        uint32_t is_outside = offset >= size;
        outside |= is_outside;
        offset = is_outside ? 0 : offset;
        offsets[index] = (int32_t)offset;
        float frequency = frequencies[index];
        float score = idf * frequency / (frequency + norms[offset]) * boost;
        outside |= !(score > 0); /* a frequency of 0 */
        scores[index] = score;
    }
    return outside;
}

int
open_cursor(const Segment *segment, const float *norms, const Term *term, int64_t number, Cursor *cursor)
{
    if (number < 0)
        return 0;
    if (number >= segment->terms) {
        PyErr_SetString(PyExc_ValueError, "the segment has no such term");
        return -1;
    }
    int64_t first = offset_at(&segment->offsets, number), last = offset_at(&segment->offsets, number + 1);
    uint64_t count = unsigned_at(&segment->counts, number);
    if (first < 0 || last < first || last > segment->packed.len - PADDING || count > (uint64_t)segment->size) {
        PyErr_SetString(PyExc_ValueError, "the postings of a term are outside of its column, or more than documents");
        return -1;
    }
    const uint8_t *packed = segment->packed.buf;
    cursor->run = (PostingRun){packed + first, packed + last, (int64_t)count, 0};
    cursor->count = (int64_t)count;
    cursor->norms = norms;
    cursor->idf = term->idf;
    cursor->boost = term->boost;
    cursor->form = term->form;
    return unpack_block(cursor) < 0 ? -1 : cursor->read > 0;
}

int
add_window(Cursor *cursor, int32_t first, int32_t size, double *totals, uint64_t *matched)
{
    int32_t offsets[BLOCK];
    float scores[BLOCK];
    int64_t last = (int64_t)first + size;
    while (next_document(cursor) < last) {
        int at = cursor->at, count = cursor->read - at;
        if (cursor->documents[cursor->read - 1] >= last) /* documents are in order */
            for (count = 0; cursor->documents[at + count] < last;)
                count++;
        if (score_block(cursor->documents + at, cursor->frequencies + at, cursor->norms + first, cursor->idf,
                        cursor->boost, count, first, (uint32_t)size, offsets, scores)) {
            PyErr_SetString(PyExc_ValueError, "a posting is of no document of the segment, out of order, or of no word");
            return -1;
        }
        for (int index = 0; index < count; index++) {
            int32_t offset = offsets[index];
            totals[offset] += scores[index];
            matched[offset >> 6] |= (uint64_t)1 << (offset & 63);
        }
        cursor->at += count;
        if (cursor->at == cursor->read && unpack_block(cursor) < 0)
            return -1;
    }
    return 0;
}

/* Scoring postings by BM25, and adding the terms of a word up to one list. */

#include "scoring.h"

VECTORISED static void
widen_bytes(const uint8_t *restrict from, int count, float *restrict to)
{
    for (int index = 0; index < count; index++)
        to[index] = (float)from[index];
}

static void
widen(const void *frequencies, Py_ssize_t width, int64_t from, int count, float *to)
{
    if (width == 1) {
        widen_bytes((const uint8_t *)frequencies + from, count, to);
    } else if (width == 2) {
        const uint16_t *given = (const uint16_t *)frequencies + from;
        for (int index = 0; index < count; index++)
            to[index] = (float)given[index];
    } else if (width == 4) {
        const uint32_t *given = (const uint32_t *)frequencies + from;
        for (int index = 0; index < count; index++)
            to[index] = (float)given[index];
    } else {
        const uint64_t *given = (const uint64_t *)frequencies + from;
        for (int index = 0; index < count; index++)
            to[index] = (float)given[index];
    }
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
    int64_t first = segment->offsets[number], last = segment->offsets[number + 1];
    int64_t postings = segment->documents_view.len / (Py_ssize_t)sizeof(int32_t);
    if (first < 0 || last < first || last > postings) {
        PyErr_SetString(PyExc_ValueError, "the postings of a term are outside of its column");
        return -1;
    }
    *cursor = (Cursor){
        .documents = segment->documents + first,
        .frequencies = (const char *)segment->frequencies + first * segment->width,
        .width = segment->width,
        .count = last - first,
        .norms = norms,
        .idf = term->idf,
        .boost = term->boost,
        .form = term->form,
    };
    return first < last;
}

int
add_window(Cursor *cursor, int32_t first, int32_t size, double *totals, uint64_t *matched)
{
    int32_t offsets[BLOCK];
    float scores[BLOCK], frequencies[BLOCK];
    int64_t last = (int64_t)first + size;
    while (cursor->at < cursor->count && cursor->documents[cursor->at] < last) {
        int64_t at = cursor->at;
        int count = (int)(cursor->count - at < BLOCK ? cursor->count - at : BLOCK);
        while (cursor->documents[at + count - 1] >= last)
            count--;
        widen(cursor->frequencies, cursor->width, at, count, frequencies);
        if (score_block(cursor->documents + at, frequencies, cursor->norms + first, cursor->idf, cursor->boost, count,
                        first, (uint32_t)size, offsets, scores)) {
            PyErr_SetString(PyExc_ValueError, "a posting is of no document of the segment, out of order, or of no word");
            return -1;
        }
        for (int index = 0; index < count; index++) {
            int32_t offset = offsets[index];
            totals[offset] += scores[index];
            matched[offset >> 6] |= (uint64_t)1 << (offset & 63);
        }
        cursor->at += count;
    }
    return 0;
}

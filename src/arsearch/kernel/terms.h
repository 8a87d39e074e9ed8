/* Finding terms among the sorted ones of a segment. */
#ifndef ARSEARCH_TERMS_H
#define ARSEARCH_TERMS_H

#include "kernel.h"

#include <string.h>

/* A term: where it begins in the bytes of its segment, and how many bytes it has. Offsets that lie outside are those of an
 * empty term. */
static inline int64_t
term_at(int64_t byte_count, const Py_buffer *offsets, int64_t number, int64_t *begin)
{
    int64_t end = offset_at(offsets, number + 1);
    *begin = offset_at(offsets, number);
    end = end > byte_count ? byte_count : end;
    return *begin < 0 || end <= *begin ? 0 : end - 1 - *begin; /* a line feed follows */
}

/* The number of the first term from *low* to *high* that is *text* or comes after it, else *high*. All of them are there. */
static inline int64_t
bisect_terms(const Py_buffer *bytes, const Py_buffer *offsets, const char *text, int64_t length, int64_t low, int64_t high)
{
    while (low < high) {
        int64_t middle = low + (high - low) / 2, begin;
        int64_t size = term_at(bytes->len, offsets, middle, &begin);
        int order = size ? memcmp((const uint8_t *)bytes->buf + begin, text, (size_t)(size < length ? size : length)) : 0;
        if (order < 0 || (order == 0 && size < length))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Make the type of the terms of a field in all segments: 0, or -1 with an error set. */
int make_field_terms_type(PyObject *module);

#endif

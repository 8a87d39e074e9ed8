/* The words of a segment's documents, for looking at them one by one. */
#ifndef ARSEARCH_FORWARD_H
#define ARSEARCH_FORWARD_H

#include "packing.h"

typedef struct {
    PyObject_HEAD
    Py_buffer views[8];
    const int64_t *token_offsets;
    const Py_buffer *text_offsets;
    const int32_t *folded, *stems;
    const uint8_t *packed, *bytes;
    WordCode code;
    int64_t documents, packed_size, words, terms, byte_count;
    int64_t first_folded, folded_count, first_stem, stem_count;
    /* The words with each form end at its number here, and begin at that of the form before. */
    int32_t *folded_ends, *words_by_folded;
    int32_t *stem_ends, *words_by_stem;
    /* Scratch. The bits are always left as zeros. */
    uint64_t *wanted, *seen;
    int32_t *slots, *names; /* which of the words of a view a word is, and the reverse */
    int32_t *kept; /* word, document, position */
    int64_t kept_room;
} Forward;

static inline void
set_bit(uint64_t *bits, int64_t index)
{
    bits[index >> 6] |= (uint64_t)1 << (index & 63);
}

static inline int
has_bit(const uint64_t *bits, int64_t index)
{
    return bits[index >> 6] >> (index & 63) & 1;
}

/* Keep the tokens of one document whose words are wanted, behind *kept* others. Returns how many are kept in all, -1 with
 * an error set. */
int64_t read_document(Forward *self, int64_t document, int32_t index, int64_t longest, int64_t kept, int64_t *length);

/* Mark all words with the form *number* of those whose words end at *ends*. */
static inline void
mark_form(Forward *self, const int32_t *ends, const int32_t *words, int64_t number)
{
    for (int32_t at = number ? ends[number - 1] : 0; at < ends[number]; at++)
        set_bit(self->wanted, words[at]);
}

/* Leave the bits as zeros. */
void clear_bits(Forward *self);

/* The words of a query as a segment has them; terms below 0 are none. The first *typed* were typed in this form. */
typedef struct {
    const int32_t *folded, *stems;
    Py_ssize_t count, typed;
} Asked;

/* Mark the words that are asked for. */
void mark_asked(Forward *self, const Asked *asked);

/* Of each token of a document that is a word of the query, in *kept*: its position, the first word asked for that it is,
 * and whether it has the very form of one that was typed. Returns how many there are, -1 with an error set. */
int64_t find_asked(Forward *self, int64_t document, const Asked *asked);

/* Methods in files of their own. */
PyObject *forward_find_words(PyObject *object, PyObject *const *arguments, Py_ssize_t count);
PyObject *forward_snippets(PyObject *object, PyObject *const *arguments, Py_ssize_t count);

#endif

/* Whole numbers packed into as few bits as they need: arsearch.lexical.segment.packing says how. */
#ifndef ARSEARCH_PACKING_H
#define ARSEARCH_PACKING_H

#include "kernel.h"

#include <string.h>

#define BLOCK 128   /* postings that are packed, and scored, at once */
#define PADDING 32  /* bytes behind what is packed, so that reading may run on to where it is compared with the end */
#define CLASSES 4   /* of the numbers of words in a text */
#define MOST_BITS 28 /* of a class: two of them, from any bit of a byte on, are in eight bytes */

/* Eight bytes as a number; the kernel is only used where the lowest byte stands first. */
static inline uint64_t
load_eight(const uint8_t *from)
{
    uint64_t eight;
    memcpy(&eight, from, sizeof eight);
    return eight;
}

/* Bytes of *count* numbers of *width* bits. */
static inline int64_t
bytes_of(int64_t count, int width)
{
    return (count * width + 7) >> 3;
}

static inline void
unpack_run(const uint8_t *from, int width, int count, uint32_t *restrict to)
{
    uint64_t mask = ((uint64_t)1 << width) - 1;
    if (width == 0) {
        memset(to, 0, (size_t)count * sizeof *to);
        return;
    }
    for (int index = 0; index < count; index++) {
        uint32_t bit = (uint32_t)(index * width);
        to[index] = (uint32_t)(load_eight(from + (bit >> 3)) >> (bit & 7) & mask);
    }
}

/* What is left of the postings of one term. */
typedef struct {
    const uint8_t *at, *end;
    int64_t left;
    uint64_t next; /* the document after the last one that was read */
} PostingRun;

/* Read the next block: documents in order, none below 0, and how often each has the term, at least once. Returns how many;
 * -1 if they are damaged, without an error set. */
static inline int
read_block(PostingRun *run, int32_t *restrict documents, uint32_t *restrict frequencies)
{
    int count = (int)(run->left < BLOCK ? run->left : BLOCK);
    if (run->end - run->at < 2)
        return -1;
    int of_document = run->at[0], of_frequency = run->at[1];
    int64_t first = bytes_of(count, of_document), second = bytes_of(count, of_frequency);
    if (of_document > 31 || of_frequency > 31 || run->end - run->at - 2 < first + second)
        return -1;
    unpack_run(run->at + 2, of_document, count, (uint32_t *)documents);
    uint64_t next = run->next;
    for (int index = 0; index < count; index++) {
        next += (uint32_t)documents[index];
        documents[index] = (int32_t)next++;
    }
    if (next > (uint64_t)INT32_MAX + 1)
        return -1;
    unpack_run(run->at + 2 + first, of_frequency, count, frequencies);
    for (int index = 0; index < count; index++)
        frequencies[index]++;
    run->at += 2 + first + second;
    run->left -= count;
    run->next = next;
    return count;
}

/* How the words of texts are numbered: the commonest have the fewest bits. */
typedef struct {
    struct {
        uint32_t base, mask, width;
    } classes[CLASSES];
    /* The same of two words, by the four bits of their classes: both are taken from one load. */
    struct {
        uint32_t first_mask, first_base, first_width, second_mask, second_base, width, unused[2]; /* 32 bytes */
    } pairs[CLASSES * CLASSES];
} WordCode;

/* Take the bits of each class from *view*: 0, or -1 if they are damaged, without an error set. */
static inline int
take_code(const Py_buffer *view, WordCode *code)
{
    if (view->len != CLASSES)
        return -1;
    uint64_t base = 0;
    for (int class = 0; class < CLASSES; class++) {
        int width = ((const uint8_t *)view->buf)[class];
        if (width > MOST_BITS || base > INT32_MAX)
            return -1;
        code->classes[class].base = (uint32_t)base;
        code->classes[class].mask = (uint32_t)(((uint64_t)1 << width) - 1);
        code->classes[class].width = (uint32_t)width;
        base += (uint64_t)1 << width;
    }
    for (int pair = 0; pair < CLASSES * CLASSES; pair++) {
        int first = pair & 3, second = pair >> 2;
        code->pairs[pair].first_mask = code->classes[first].mask;
        code->pairs[pair].first_base = code->classes[first].base;
        code->pairs[pair].first_width = code->classes[first].width;
        code->pairs[pair].second_mask = code->classes[second].mask;
        code->pairs[pair].second_base = code->classes[second].base;
        code->pairs[pair].width = code->classes[first].width + code->classes[second].width;
    }
    return 0;
}

/* The words of a document, one by one. */
typedef struct {
    const uint8_t *classes, *bits, *end;
    uint64_t bit, index;
} WordRun;

/* Begin to read *count* words between *begin* and *end*: 0, or -1 if they cannot be there. */
static inline int
begin_words(WordRun *run, const uint8_t *begin, const uint8_t *end, int64_t count)
{
    int64_t classes = (count >> 2) + ((count & 3) > 0);
    if (end - begin < classes)
        return -1;
    *run = (WordRun){begin, begin + classes, end, 0, 0};
    return 0;
}

/* Whether what was read so far lies within the document. It has to be asked every four words at least. */
static inline int
is_within(const WordRun *run)
{
    return (int64_t)((run->bit + 7) >> 3) <= run->end - run->bits;
}

static inline uint32_t
next_word(WordRun *run, const WordCode *code)
{
    int class = run->classes[run->index >> 2] >> (2 * (run->index & 3)) & 3;
    run->index++;
    uint64_t here = run->bit;
    run->bit += code->classes[class].width;
    return code->classes[class].base +
           ((uint32_t)(load_eight(run->bits + (here >> 3)) >> (here & 7)) & code->classes[class].mask);
}

/* The two words of the classes *pair* that stand at *bit*. Returns where the next ones do. */
static inline uint64_t
read_pair(const uint8_t *bits, uint64_t bit, const WordCode *code, int pair, uint32_t *restrict words)
{
    uint64_t eight = load_eight(bits + (bit >> 3)) >> (bit & 7);
    words[0] = code->pairs[pair].first_base + ((uint32_t)eight & code->pairs[pair].first_mask);
    eight >>= code->pairs[pair].first_width;
    words[1] = code->pairs[pair].second_base + ((uint32_t)eight & code->pairs[pair].second_mask);
    return bit + code->pairs[pair].width;
}

/* The next four words, which all must be there, where none has been read or four at a time. */
static inline void
next_four(WordRun *run, const WordCode *code, uint32_t *restrict words)
{
    int classes = run->classes[run->index >> 2];
    uint64_t bit = read_pair(run->bits, run->bit, code, classes & 15, words);
    run->bit = read_pair(run->bits, bit, code, classes >> 4, words + 2);
    run->index += 4;
}

/* The next words of a document of which *left* have not been read, at most four: returns how many, -1 if they are damaged,
 * without an error set. */
static inline int
next_words(WordRun *run, const WordCode *code, int64_t left, uint32_t *restrict words)
{
    int count = left < 4 ? (int)left : 4;
    if (count == 4)
        next_four(run, code, words);
    else
        for (int index = 0; index < count; index++)
            words[index] = next_word(run, code);
    return is_within(run) ? count : -1;
}

/* The records of a document: of its words, and of where they stand. */
typedef struct {
    const uint8_t *words, *words_end, *spans, *spans_end;
} SpanRecord;

/* Whether a record of so many bytes can be of *count* tokens: each has a bit in it. */
static inline int
may_have_spans(int64_t bytes, int64_t count)
{
    return count >= 0 && count >> 3 <= bytes;
}

/* Write start and end of each of the *count* tokens of a document; those from *body* on count from 0 again. Its words are
 * numbers below *known*, with *word_widths*. Returns 0, or -1 if the records are damaged, without an error set. */
int read_spans(const SpanRecord *from, const WordCode *code, const uint8_t *word_widths, int64_t known, int64_t count,
               int64_t body, int64_t *into);

#endif

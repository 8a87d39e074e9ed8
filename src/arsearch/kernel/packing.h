/* Whole numbers packed into as few bits as they need: arsearch.lexical.segment.packing says how. */
#ifndef ARSEARCH_PACKING_H
#define ARSEARCH_PACKING_H

#include "kernel.h"

#include <string.h>

#define BLOCK 128   /* postings that are packed, and scored, at once */
#define PADDING 32  /* bytes behind what is packed, so that reading may run on to where it is compared with the end */
#define CLASSES 4   /* of the numbers of words in a text */

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
        if (width > 31 || base > INT32_MAX)
            return -1;
        code->classes[class].base = (uint32_t)base;
        code->classes[class].mask = (uint32_t)(((uint64_t)1 << width) - 1);
        code->classes[class].width = (uint32_t)width;
        base += (uint64_t)1 << width;
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

/* The word of a class that stands at *bit*, which is moved on. */
static inline uint32_t
word_at(const WordRun *run, const WordCode *code, uint32_t class, uint64_t *bit)
{
    uint64_t here = *bit;
    *bit = here + code->classes[class].width;
    return code->classes[class].base +
           ((uint32_t)(load_eight(run->bits + (here >> 3)) >> (here & 7)) & code->classes[class].mask);
}

static inline uint32_t
next_word(WordRun *run, const WordCode *code)
{
    uint32_t class = run->classes[run->index >> 2] >> (2 * (run->index & 3)) & 3;
    run->index++;
    return word_at(run, code, class, &run->bit);
}

/* The next four words, which all must be there, where none has been read or four at a time. */
static inline void
next_four(WordRun *run, const WordCode *code, uint32_t *restrict words)
{
    uint32_t classes = run->classes[run->index >> 2];
    uint64_t bit = run->bit;
    words[0] = word_at(run, code, classes & 3, &bit);
    words[1] = word_at(run, code, classes >> 2 & 3, &bit);
    words[2] = word_at(run, code, classes >> 4 & 3, &bit);
    words[3] = word_at(run, code, classes >> 6, &bit);
    run->bit = bit;
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

#endif

/* The best documents of a search, collected one by one. */
#ifndef ARSEARCH_BEST_H
#define ARSEARCH_BEST_H

#include "kernel.h"

typedef struct {
    float score;
    int64_t document;
} Hit;

/* The best so far: up to twice as many as asked for are collected before the worse half is thrown away. */
typedef struct {
    Hit *hits;
    Py_ssize_t size, limit;
    float minimum; /* a document that scores less cannot be among the best */
} Best;

static inline int
is_worse(Hit one, Hit other)
{
    return one.score < other.score || (one.score == other.score && one.document > other.document);
}

/* Leave the best *limit* of the hits, in no order (Hoare's selection). */
static inline void
throw_away(Best *best)
{
    Hit *hits = best->hits;
    Py_ssize_t low = 0, high = best->size - 1, wanted = best->limit - 1;
    if (high <= wanted || wanted < 0)
        return;
    while (low < high) {
        Hit pivot = hits[low + (high - low) / 2];
        Py_ssize_t left = low, right = high;
        while (left <= right) {
            while (is_worse(pivot, hits[left]))
                left++;
            while (is_worse(hits[right], pivot))
                right--;
            if (left <= right) {
                Hit swapped = hits[left];
                hits[left++] = hits[right];
                hits[right--] = swapped;
            }
        }
        if (wanted <= right)
            high = right;
        else if (wanted >= left)
            low = left;
        else
            break;
    }
    best->size = best->limit;
    best->minimum = hits[wanted].score;
}

/* Whether a document with *score*, or less, may still be among the best; of equals it might be the first. */
static inline int
may_win(const Best *best, double score)
{
    return (float)score >= best->minimum;
}

static inline void
keep(Best *best, Hit hit)
{
    if (!best->limit) /* an infinite score wins against any minimum */
        return;
    best->hits[best->size++] = hit;
    if (best->size == 2 * best->limit)
        throw_away(best);
}

#endif

/* The best documents of a query of several terms, any of them enough.
 *
 * Documents are looked at in windows, as Lucene's MaxScoreBulkScorer does. In each window the terms that can add least,
 * as long as all of them together cannot lift a document among the best, are only looked up in documents that the other
 * terms bring (MaxScore; Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995). What a term can add
 * is known for each block of its postings (Ding and Suel, "Faster Top-k Document Retrieval Using Block-Max Indexes",
 * 2011), so where good documents are rare, most windows are passed over.
 *
 * Scores are added up as doubles, which for a few dozen floats of like size is exact: the sum does not depend on the
 * order, so documents that score alike stay alike, and NumPy finds the same.
 */

#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_UP_COST 8

static int
is_wanted(const Search *search, int64_t document)
{
    return (!search->index->live || search->index->live[document]) &&
           (!search->allowed || search->allowed[document]);
}

/* Find the window's part of each list, and which terms are only looked up: those before the number returned. */
static int
plan_window(Search *search, int64_t last)
{
    search->active = 0;
    int64_t postings = 0;
    for (int index = 0; index < search->cursor_count; index++) {
        Cursor *cursor = &search->cursors[index];
        if (cursor->at >= cursor->count)
            continue;
        find_window(cursor, last);
        if (cursor->end == cursor->at)
            continue;
        postings += cursor->end - cursor->at;
        int place = search->active++;
        for (; place && search->order[place - 1]->bound > cursor->bound; place--)
            search->order[place] = search->order[place - 1];
        search->order[place] = cursor;
    }
    double below = 0;
    int first = 0;
    for (; first < search->active && !may_win(&search->best, below + search->order[first]->bound); first++) {
        below += search->order[first]->bound;
        postings -= search->order[first]->end - search->order[first]->at;
    }
    /* To look up costs as much as to add up a few dozen postings; so short lists are added up all the same. */
    int looked_up = 0;
    for (int index = 0; index < first; index++) {
        Cursor *cursor = search->order[index];
        if (cursor->end - cursor->at > LOOK_UP_COST * postings) {
            search->order[index] = search->order[looked_up];
            search->order[looked_up] = cursor;
            search->below[looked_up + 1] = search->below[looked_up] + cursor->bound;
            looked_up++;
        }
    }
    return looked_up;
}

static int
disorder(void)
{
    PyErr_SetString(PyExc_ValueError, "the postings of a term are not in the order of documents");
    return -1;
}

/* Add up what the postings of the window score. Returns how many documents were touched, -1 with an error set. */
static int
add_up(Search *search, int first_term, int32_t first, int32_t size)
{
    double *totals = search->index->totals;
    int32_t *touched = search->index->touched;
    int32_t places[BLOCK];
    float scores[BLOCK];
    int count = 0;
    for (int index = first_term; index < search->active; index++) {
        const Cursor *cursor = search->order[index];
        for (int64_t at = cursor->at; at < cursor->end; at += BLOCK) {
            int part = (int)(cursor->end - at < BLOCK ? cursor->end - at : BLOCK);
            if (!score_postings(cursor, at, part, first, size, places, scores))
                return disorder();
            for (int posting = 0; posting < part; posting++) {
                int32_t place = places[posting];
                double total = totals[place];
                touched[count] = place;
                count += total == 0; /* every posting scores more than nothing */
                totals[place] = total + scores[posting];
            }
        }
    }
    return count;
}

/* Add what the terms before *first_term* score for a document that has *score*; 0 as soon as it cannot win. */
static int
complete(Search *search, int first_term, int32_t document, int32_t first, int32_t size, double *score)
{
    for (int index = first_term - 1; index >= 0; index--) {
        if (!may_win(&search->best, *score + search->below[index + 1]))
            return 0;
        const Cursor *cursor = search->order[index];
        int64_t low = cursor->at, high = cursor->end;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (cursor->documents[middle] < document)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < cursor->end && cursor->documents[low] == document) {
            int32_t place;
            float added;
            score_postings(cursor, low, 1, first, size, &place, &added);
            *score += added;
        }
    }
    return may_win(&search->best, *score);
}

/* Mark the documents of those terms that are not added up whole, so that they are counted. */
static int
mark(Search *search, int first_term, int32_t first, int32_t size)
{
    uint8_t *seen = search->index->seen;
    for (int index = 0; index < first_term; index++) {
        const Cursor *cursor = search->order[index];
        if (!cursor->counted)
            continue;
        for (int64_t at = cursor->at; at < cursor->end; at++) {
            uint32_t place = (uint32_t)cursor->documents[at] - (uint32_t)first;
            if (place >= (uint32_t)size)
                return disorder();
            seen[place] = 1;
        }
    }
    return 0;
}

/* Leave of what was seen what is wanted. */
static void
mask(Search *search, int64_t number, int32_t size)
{
    uint8_t *seen = search->index->seen;
    const uint8_t *masks[] = {search->index->live, search->allowed};
    for (int which = 0; which < 2; which++)
        if (masks[which])
            for (int32_t place = 0; place < size; place++)
                seen[place] &= masks[which][number + place];
}

/* Count what was seen, eight bytes at once, each 0 or 1; with *bits*, note them as bits. */
VECTORISED static int64_t
count_eights(const uint8_t *restrict seen, int32_t count, uint8_t *restrict bits)
{
    int64_t total = 0;
    for (int32_t place = 0; place < count; place++) {
        uint64_t eight;
        memcpy(&eight, seen + 8 * place, sizeof eight);
        total += (int64_t)((eight * 0x0101010101010101u) >> 56);
        if (bits)
            bits[place] = (uint8_t)((eight * 0x0102040810204080u) >> 56); /* byte n to bit n */
    }
    return total;
}

/* Count what was seen, and note it as bits from document *number* of the index on. */
static void
count_seen(Search *search, int64_t number, int32_t size)
{
    const uint8_t *seen = search->index->seen;
    if (!search->matched || number % 8 == 0) {
        uint8_t *bits = search->matched ? search->matched + (number >> 3) : NULL;
        search->total += count_eights(seen, size / 8, bits);
        number += size & ~7;
        seen += size & ~7;
        size &= 7;
    }
    for (int32_t place = 0; place < size; place += 8) {
        uint64_t eight; /* bytes, each 0 or 1; beyond size they are 0 */
        memcpy(&eight, seen + place, sizeof eight);
        if (!eight)
            continue;
        search->total += (int64_t)((eight * 0x0101010101010101u) >> 56);
        if (search->matched) {
            unsigned bits = (unsigned)((eight * 0x0102040810204080u) >> 56); /* byte n to bit n */
            bits <<= (number + place) & 7;
            uint8_t *into = search->matched + ((number + place) >> 3);
            into[0] |= (uint8_t)bits;
            if (bits >> 8)
                into[1] |= (uint8_t)(bits >> 8);
        }
    }
}

/* Look at the documents from *first* on, *size* of them, of the segment that begins with document *base*. */
static int
search_window(Search *search, int64_t base, int32_t first, int32_t size)
{
    Postings *index = search->index;
    int first_term = plan_window(search, (int64_t)first + size);
    int count = add_up(search, first_term, first, size);
    /* Who matches has to be noted one by one where it is not the same as who was added up. */
    int is_noted = search->counting && (first_term > 0 || index->live || search->allowed || search->matched);
    for (int at = 0; at < count; at++) {
        int32_t place = index->touched[at];
        double score = index->totals[place];
        index->totals[place] = 0;
        if (is_noted)
            index->seen[place] = 1;
        if (!may_win(&search->best, score + search->below[first_term]))
            continue;
        int64_t document = base + first + place;
        if (is_wanted(search, document) && complete(search, first_term, first + place, first, size, &score))
            keep(&search->best, (Hit){(float)score, document});
    }
    if (count < 0)
        memset(index->totals, 0, (size_t)size * sizeof *index->totals);
    else if (!is_noted)
        search->total += count;
    else {
        if (mark(search, first_term, first, size) < 0)
            count = -1;
        mask(search, base + first, size);
        count_seen(search, base + first, size);
        memset(index->seen, 0, (size_t)size);
    }
    throw_away(&search->best);
    for (int term = 0; term < search->active; term++)
        search->order[term]->at = search->order[term]->end;
    return count < 0 ? -1 : 0;
}

int
search_segment(Search *search, Segment *segment, Py_ssize_t number, int32_t most)
{
    search->cursor_count = 0;
    for (int term = 0; term < search->term_count; term++) {
        Cursor *cursor = &search->cursors[search->cursor_count];
        int is_there = open_cursor(search->index, segment, number, &search->terms[term], cursor);
        if (is_there < 0)
            return -1;
        search->cursor_count += is_there;
    }
    for (;;) {
        int64_t next = segment->size;
        for (int index = 0; index < search->cursor_count; index++) {
            const Cursor *cursor = &search->cursors[index];
            if (cursor->at < cursor->count && cursor->documents[cursor->at] < next)
                next = cursor->documents[cursor->at];
        }
        if (next >= segment->size)
            return 0;
        if (next < 0)
            return disorder();
        int32_t first = (int32_t)next & ~(most - 1);
        int32_t size = segment->size - first < most ? (int32_t)(segment->size - first) : most;
        if (search_window(search, segment->base, first, size) < 0)
            return -1;
    }
}

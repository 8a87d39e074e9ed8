/* The best documents of a query of several words, any of them enough.
 *
 * Documents are looked at in windows, as Lucene's MaxScoreBulkScorer does. In each window the words that can add least,
 * as long as all of them together cannot lift a document among the best, are only looked up in documents that the other
 * words bring (MaxScore; Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995). What a word can add
 * is known for each window (Ding and Suel, "Faster Top-k Document Retrieval Using Block-Max Indexes", 2011), so where good
 * documents are rare, most windows are passed over.
 *
 * Scores are added up as doubles, which for a few dozen floats of like size is exact: the sum does not depend on the
 * order, so documents that score alike stay alike, and NumPy finds the same.
 */

#include "search.h"

#include <string.h>

#define LOOK_UP_COST 8

static int
is_wanted(const Search *search, int64_t document)
{
    return !search->allowed || search->allowed[document];
}

/* Find the part of each list in *window*, and which words are only looked up: those before the number returned. */
static Py_ssize_t
plan_window(Search *search, int64_t window)
{
    search->active = 0;
    int64_t postings = 0;
    for (Py_ssize_t index = 0; index < search->word_count; index++) {
        Word *word = &search->words[index];
        word->at = word->list->starts[window];
        word->end = word->list->starts[window + 1];
        if (word->at == word->end)
            continue;
        word->bound = word->list->maxima[window];
        postings += word->end - word->at;
        Py_ssize_t rank = search->active++;
        for (; rank && search->order[rank - 1]->bound > word->bound; rank--)
            search->order[rank] = search->order[rank - 1];
        search->order[rank] = word;
    }
    double below = 0;
    Py_ssize_t first = 0;
    for (; first < search->active && !may_win(&search->best, below + search->order[first]->bound); first++) {
        below += search->order[first]->bound;
        postings -= search->order[first]->end - search->order[first]->at;
    }
    /* To look up costs as much as to add up a few dozen postings; so short lists are added up all the same. */
    Py_ssize_t looked_up = 0;
    for (Py_ssize_t index = 0; index < first; index++) {
        Word *word = search->order[index];
        if (word->end - word->at > LOOK_UP_COST * postings) {
            search->order[index] = search->order[looked_up];
            search->order[looked_up] = word;
            search->below[looked_up + 1] = search->below[looked_up] + word->bound;
            looked_up++;
        }
    }
    return looked_up;
}

/* Put the longest list that is added up first: its documents need not be noted as touched. */
static void
put_longest_first(Search *search, Py_ssize_t first_word)
{
    Py_ssize_t longest = first_word;
    for (Py_ssize_t index = first_word + 1; index < search->active; index++) {
        const Word *word = search->order[index], *best = search->order[longest];
        if (word->end - word->at > best->end - best->at)
            longest = index;
    }
    Word *word = search->order[longest];
    search->order[longest] = search->order[first_word];
    search->order[first_word] = word;
}

/* Add up what the postings of the window score. Returns how many documents were touched beside those of the first. */
static int64_t
add_up(Search *search, Py_ssize_t first_word)
{
    double *restrict totals = search->index->totals;
    int32_t *restrict touched = search->index->touched;
    int64_t count = 0;
    for (Py_ssize_t index = first_word; index < search->active; index++) {
        const Word *word = search->order[index];
        const uint16_t *restrict offsets = word->list->offsets;
        const float *restrict scores = word->list->scores;
        if (index == first_word) {
            for (int64_t at = word->at; at < word->end; at++)
                totals[offsets[at]] = scores[at];
            continue;
        }
        for (int64_t at = word->at; at < word->end; at++) {
            int32_t offset = offsets[at];
            double total = totals[offset];
            touched[count] = offset;
            count += total == 0; /* every posting scores more than nothing */
            totals[offset] = total + scores[at];
        }
    }
    return count;
}

/* Add what the words before *first_word* score for a document that has *score*; 0 as soon as it cannot win. */
static int
complete(Search *search, Py_ssize_t first_word, int32_t offset, double *score)
{
    for (Py_ssize_t index = first_word - 1; index >= 0; index--) {
        if (!may_win(&search->best, *score + search->below[index + 1]))
            return 0;
        const Word *word = search->order[index];
        const uint16_t *offsets = word->list->offsets;
        int64_t low = word->at, high = word->end;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (offsets[middle] < offset)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < word->end && offsets[low] == offset)
            *score += word->list->scores[low];
    }
    return may_win(&search->best, *score);
}

/* A total below this cannot win; a hair less than it has to be, because scores are compared as floats. */
static double
hurdle(const Search *search, Py_ssize_t first_word)
{
    double minimum = search->best.minimum;
    return minimum - search->below[first_word] - (minimum > 0 ? minimum * 1e-6 : 0);
}

/* Take the documents at *count* offsets of the window out of the totals, and keep those that may be among the best.
 * The offsets are *narrow* or *wide*, the other is NULL. */
static inline void
collect(Search *search, Py_ssize_t first_word, int64_t first, const uint16_t *restrict narrow,
        const int32_t *restrict wide, int64_t count)
{
    double *restrict totals = search->index->totals;
    double minimum = hurdle(search, first_word);
    for (int64_t at = 0; at < count; at++) {
        int32_t offset = narrow ? narrow[at] : wide[at];
        double score = totals[offset];
        totals[offset] = 0;
        if (score < minimum || !is_wanted(search, first + offset) || !complete(search, first_word, offset, &score))
            continue;
        keep(&search->best, (Hit){(float)score, first + offset});
        minimum = hurdle(search, first_word);
    }
}

/* Count eight bytes at once, each 0 or 1; with *bits*, note them as bits. */
VECTORISED static int64_t
count_eights(const uint8_t *restrict seen, int32_t count, uint8_t *restrict bits)
{
    int64_t total = 0;
    for (int32_t index = 0; index < count; index++) {
        uint64_t eight;
        memcpy(&eight, seen + 8 * index, sizeof eight);
        total += (int64_t)((eight * 0x0101010101010101u) >> 56);
        if (bits)
            bits[index] = (uint8_t)((eight * 0x0102040810204080u) >> 56); /* byte n to bit n */
    }
    return total;
}

/* Count the documents of all lists in the window, those allowed, and note them as bits. */
static void
count_window(Search *search, int64_t first, int32_t size)
{
    uint8_t *restrict seen = search->index->seen;
    for (Py_ssize_t index = 0; index < search->active; index++) {
        const Word *word = search->order[index];
        const uint16_t *restrict offsets = word->list->offsets;
        for (int64_t at = word->at; at < word->end; at++)
            seen[offsets[at]] = 1;
    }
    if (search->allowed)
        for (int32_t offset = 0; offset < size; offset++)
            seen[offset] &= search->allowed[first + offset];
    /* Beyond size all bytes are 0, and so are the bits. */
    search->total += count_eights(seen, (size + 7) / 8, search->matched ? search->matched + (first >> 3) : NULL);
    memset(seen, 0, (size_t)size);
}

/* Look at the documents of *window*. */
static void
search_window(Search *search, int64_t window)
{
    int64_t first = window << WINDOW_BITS, left = search->index->document_count - first;
    Py_ssize_t first_word = plan_window(search, window);
    int64_t count = 0;
    if (first_word < search->active) {
        put_longest_first(search, first_word);
        int64_t touched = add_up(search, first_word);
        const Word *word = search->order[first_word];
        collect(search, first_word, first, word->list->offsets + word->at, NULL, word->end - word->at);
        collect(search, first_word, first, NULL, search->index->touched, touched);
        count = touched + word->end - word->at;
    }
    /* Who matches has to be noted one by one where it is not the same as who was added up. */
    if (search->counting && (first_word > 0 || search->allowed || search->matched))
        count_window(search, first, left < WINDOW ? (int32_t)left : WINDOW);
    else
        search->total += count;
    throw_away(&search->best);
}

void
search_index(Search *search)
{
    for (int64_t window = 0; window << WINDOW_BITS < search->index->document_count; window++)
        search_window(search, window);
}

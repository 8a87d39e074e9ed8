/* The features of candidates that more than single postings decide; arsearch.ranking.features says what they are, and
 * has the same numbers in NumPy. One pass over the tokens, candidate after candidate.
 */

#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEATURES 5
#define EDGE '\n'
#define BUCKET_BITS 20
#define GOLDEN 0x9E3779B97F4A7C15u
#define MAX_GRAMS 4096
#define SLOTS (4 * MAX_GRAMS)

static const float SAME_STEM = 0.7f, RESEMBLES = 0.25f, STANDS_FOR = 0.4f;
static const int64_t WINDOW = 30, LEAD = 40, NEAR_BY = 8;
static const double K1 = 1.2, B = 0.75;

/* Words of a text in UTF-16, each followed by EDGE. */
typedef struct {
    const uint16_t *units;
    int64_t count;
} Words;

typedef struct {
    uint64_t gram;
    double weight; /* idf times how many words of the query have it */
    int32_t last;  /* the last word of the candidates that has it, counted from 1 */
} Gram;

/* A token as far as order is concerned. */
typedef struct {
    int64_t position;
    int word; /* of the query; -1: none */
} Chosen;

typedef struct {
    int word_count; /* of the query */
    const float *idf;
    const int64_t *stems;
    float *sizes; /* different grams of each */
    Gram grams[MAX_GRAMS];
    int gram_count;
    double gram_total;
    uint8_t *has; /* (grams, words) */
    int16_t slots[SLOTS];
    double total; /* of idf */
    double average;
    /* Of the words of the candidates */
    int64_t distinct;
    const int64_t *text_stems;
    int64_t *first_hit; /* (distinct + 1,): where the grams of a word begin in hits */
    int16_t *hits;
    int32_t *row_of; /* the row in alike, -1: has nothing to do with the query */
    float *alike;    /* (rows, words) */
    /* Of one candidate */
    double *frequencies;
    float *windows[2], *lead, *nearness;
    float *has_word; /* (words, candidates): 1 where a candidate has a word of the query in some form */
    int64_t candidates;
} Matcher;

static float
half(uint16_t bits) /* IEEE 754 binary16 */
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float value = exponent ? ldexpf((float)(fraction | 1024), exponent - 25) : ldexpf((float)fraction, -24);
    return bits >> 15 ? -value : value;
}

/* Four units in a row, of which the middle ones are letters: 1, or 0 if they are none. */
static int
gram_at(Words words, int64_t index, uint64_t *gram)
{
    uint16_t before = index ? words.units[index - 1] : EDGE;
    uint16_t first = words.units[index], second = words.units[index + 1], after = words.units[index + 2];
    if (first == EDGE || second == EDGE)
        return 0;
    *gram = (uint64_t)before | (uint64_t)first << 16 | (uint64_t)second << 32 | (uint64_t)after << 48;
    return 1;
}

static int
find_slot(const Matcher *self, uint64_t gram)
{
    int slot = (int)(gram * GOLDEN >> 50); /* 14 bits, as many as there are slots */
    while (self->slots[slot] >= 0 && self->grams[self->slots[slot]].gram != gram)
        slot = (slot + 1) & (SLOTS - 1);
    return slot;
}

/* Take the query's words apart into grams. */
static int
read_query(Matcher *self, Words words, const uint16_t *gram_idf)
{
    memset(self->slots, 0xFF, sizeof self->slots);
    self->has = calloc((size_t)MAX_GRAMS * (size_t)self->word_count + 1, sizeof *self->has);
    self->sizes = calloc((size_t)self->word_count + 1, sizeof *self->sizes);
    if (!self->has || !self->sizes) {
        PyErr_NoMemory();
        return -1;
    }
    int word = 0;
    for (int64_t index = 0; index < words.count && word < self->word_count; index++) {
        uint64_t gram;
        word += words.units[index] == EDGE;
        if (index + 2 >= words.count || !gram_at(words, index, &gram))
            continue;
        int slot = find_slot(self, gram);
        if (self->slots[slot] < 0) {
            if (self->gram_count == MAX_GRAMS) {
                PyErr_SetString(PyExc_ValueError, "the query has too many letters");
                return -1;
            }
            self->slots[slot] = (int16_t)self->gram_count;
            self->grams[self->gram_count++].gram = gram;
        }
        uint8_t *has = &self->has[self->slots[slot] * self->word_count + word];
        self->sizes[word] += !*has;
        *has = 1;
    }
    for (int index = 0; index < self->gram_count; index++) {
        int having = 0;
        for (word = 0; word < self->word_count; word++)
            having += self->has[index * self->word_count + word];
        uint64_t bucket = self->grams[index].gram * GOLDEN >> (64 - BUCKET_BITS);
        self->grams[index].weight = (double)half(gram_idf[bucket]) * having;
        self->gram_total += self->grams[index].weight;
    }
    for (word = 0; word < self->word_count; word++)
        self->total += self->idf[word];
    return 0;
}

/* Say of the word that has *grams* grams, *hits* of them the query's, which words of the query it resembles. */
static void
compare_word(Matcher *self, int32_t word, const int16_t *hits, int64_t hit_count, int64_t grams, int32_t *rows)
{
    int is_of_query = hit_count > 0;
    for (int asked = 0; asked < self->word_count && !is_of_query; asked++)
        is_of_query = self->stems[asked] >= 0 && self->stems[asked] == self->text_stems[word];
    self->row_of[word] = -1;
    if (!is_of_query)
        return;
    self->row_of[word] = *rows;
    float *alike = &self->alike[(int64_t)(*rows)++ * self->word_count];
    memset(alike, 0, (size_t)self->word_count * sizeof *alike);
    for (int64_t hit = 0; hit < hit_count; hit++) {
        Gram *gram = &self->grams[hits[hit]];
        if (gram->last == word + 1) /* a gram that a word has twice counts once */
            continue;
        gram->last = word + 1;
        for (int asked = 0; asked < self->word_count; asked++)
            alike[asked] += self->has[hits[hit] * self->word_count + asked];
    }
    for (int asked = 0; asked < self->word_count; asked++) {
        float common = alike[asked], size = (float)grams + self->sizes[asked] - common;
        alike[asked] = common / (size > 1 ? size : 1);
        if (self->stems[asked] >= 0 && self->stems[asked] == self->text_stems[word] && alike[asked] < SAME_STEM)
            alike[asked] = SAME_STEM;
        if (alike[asked] < RESEMBLES)
            alike[asked] = 0;
    }
}

/* Compare the words of the candidates with those of the query. */
static int
read_words(Matcher *self, Words words)
{
    int64_t room = words.count + 1;
    self->first_hit = malloc((size_t)(self->distinct + 1) * sizeof *self->first_hit);
    self->row_of = malloc((size_t)(self->distinct + 1) * sizeof *self->row_of);
    self->hits = malloc((size_t)room * sizeof *self->hits);
    self->alike = malloc(((size_t)self->distinct * (size_t)self->word_count + 1) * sizeof *self->alike);
    if (!self->first_hit || !self->row_of || !self->hits || !self->alike) {
        PyErr_NoMemory();
        return -1;
    }
    int64_t at = 0, hit_count = 0;
    int32_t rows = 0;
    for (int32_t word = 0; word < self->distinct; word++) {
        int64_t begin = at;
        self->first_hit[word] = hit_count;
        for (; at < words.count && words.units[at] != EDGE; at++) {
            uint64_t gram;
            if (at + 2 < words.count && gram_at(words, at, &gram)) {
                int index = self->slots[find_slot(self, gram)];
                if (index >= 0)
                    self->hits[hit_count++] = (int16_t)index;
            }
        }
        if (at == words.count) {
            PyErr_SetString(PyExc_ValueError, "there are fewer words than stems");
            return -1;
        }
        int64_t letters = at++ - begin, first = self->first_hit[word];
        compare_word(self, word, self->hits + first, hit_count - first, letters > 1 ? letters - 1 : 0, &rows);
    }
    self->first_hit[self->distinct] = hit_count;
    return 0;
}

static double
coverage(const Matcher *self, float *strengths)
{
    double sum = 0;
    for (int word = 0; word < self->word_count; word++) {
        sum += (double)strengths[word] * self->idf[word];
        strengths[word] = 0;
    }
    return sum;
}

static void
raise_to(float *value, float other)
{
    if (other > *value)
        *value = other;
}

/* Note that the candidate has *chosen* after those *before*, one and two tokens back. */
static void
note_order(Matcher *self, const Chosen *before, Chosen chosen)
{
    for (int step = 0; step < 2; step++) {
        int64_t gap = chosen.position - before[step].position;
        if (before[step].word >= 0 && chosen.word == before[step].word + 1 && gap >= 1 && gap <= NEAR_BY)
            raise_to(&self->nearness[before[step].word], 1 / (float)gap);
    }
}

/* Find the features of the candidate that has *length* tokens, *count* of which are given. */
static int
score_candidate(Matcher *self, const int64_t *tokens, const int64_t *positions, int64_t count, int64_t length,
                float *features, float *has_word)
{
    double windows = 0;
    int64_t at[2] = {-1, -1};
    Chosen before[2] = {{0, -1}, {0, -1}};
    for (int64_t token = 0; token < count; token++) {
        int64_t word = tokens[token], position = positions[token];
        if (word < 0 || word >= self->distinct || position < 0 || position >= length ||
            (token && position <= positions[token - 1])) {
            PyErr_SetString(PyExc_ValueError, "a token is of no word, or at no position after the one before");
            return -1;
        }
        if (self->row_of[word] < 0)
            continue;
        for (int asked = 0; asked < self->word_count; asked++)
            if (self->stems[asked] >= 0 && self->stems[asked] == self->text_stems[word])
                has_word[asked * self->candidates] = 1;
        for (int64_t hit = self->first_hit[word]; hit < self->first_hit[word + 1]; hit++)
            self->frequencies[self->hits[hit]]++;
        const float *alike = &self->alike[(int64_t)self->row_of[word] * self->word_count];
        Chosen chosen = {position, -1};
        for (int shift = 0; shift < 2; shift++) {
            int64_t window = (int64_t)(((uint64_t)position + (uint64_t)(shift * (WINDOW / 2))) / (uint64_t)WINDOW);
            if (window != at[shift]) {
                windows = fmax(windows, coverage(self, self->windows[shift]));
                at[shift] = window;
            }
        }
        for (int asked = 0; asked < self->word_count; asked++) {
            float strength = alike[asked];
            if (strength == 0)
                continue;
            raise_to(&self->windows[0][asked], strength);
            raise_to(&self->windows[1][asked], strength);
            if (position < LEAD)
                raise_to(&self->lead[asked], strength);
            /* The query's word that the token resembles most, the rarer of two, the last of equals. */
            if (chosen.word < 0 || strength > alike[chosen.word] ||
                (strength == alike[chosen.word] && self->idf[asked] >= self->idf[chosen.word]))
                chosen.word = asked;
        }
        if (chosen.word >= 0 && alike[chosen.word] >= STANDS_FOR) {
            note_order(self, before, chosen);
            before[1] = before[0];
            before[0] = chosen;
        }
    }
    windows = fmax(windows, fmax(coverage(self, self->windows[0]), coverage(self, self->windows[1])));
    double norm = K1 * (1 - B + B * (double)length / self->average), grams = 0;
    for (int gram = 0; gram < self->gram_count; gram++) {
        double frequency = self->frequencies[gram];
        grams += self->grams[gram].weight * (frequency / (frequency + norm));
        self->frequencies[gram] = 0;
    }
    double order = 0, max_order = 0;
    for (int pair = 0; pair + 1 < self->word_count; pair++) {
        double weight = fmin(self->idf[pair], self->idf[pair + 1]);
        order += weight * self->nearness[pair];
        max_order += weight;
        self->nearness[pair] = 0;
    }
    double total = fmax(self->total, 1e-6);
    features[1] = (float)(grams / fmax(self->gram_total, 1e-6));
    features[2] = (float)(windows / total);
    features[3] = (float)(coverage(self, self->lead) / total);
    features[4] = (float)(order / fmax(max_order, 1e-6));
    return 0;
}

static int
score_all(Matcher *self, const int64_t *tokens, const int64_t *owners, const int64_t *positions, int64_t token_count,
          const int64_t *lengths, int64_t candidates, float *features)
{
    size_t words = (size_t)self->word_count + 1;
    float *strengths = calloc(4 * words, sizeof *strengths);
    self->frequencies = calloc((size_t)self->gram_count + 1, sizeof *self->frequencies);
    self->windows[0] = strengths;
    if (!strengths || !self->frequencies) {
        PyErr_NoMemory();
        return -1;
    }
    self->windows[1] = strengths + words;
    self->lead = strengths + 2 * words;
    self->nearness = strengths + 3 * words;
    int64_t at = 0;
    for (int64_t candidate = 0; candidate < candidates; candidate++) {
        int64_t first = at;
        while (at < token_count && owners[at] == candidate)
            at++;
        if (score_candidate(self, tokens + first, positions + first, at - first, lengths[candidate],
                            features + FEATURES * candidate, self->has_word + candidate) < 0)
            return -1;
    }
    if (at < token_count) {
        PyErr_SetString(PyExc_ValueError, "tokens are not in the order of candidates");
        return -1;
    }
    return 0;
}

enum { QUERY, IDF, STEMS, WORDS, TEXT_STEMS, TOKENS, OWNERS, POSITIONS, LENGTHS, GRAM_IDF, RESULT, HAS_WORD, ARRAYS };

static PyObject *
find_features(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    static const struct {
        int size;
        const char *formats, *name;
    } kinds[ARRAYS] = {{2, "H", "query"},  {4, "f", "idf"},      {8, "ql", "stems"},   {2, "H", "words"},
                       {8, "ql", "text stems"}, {8, "ql", "tokens"}, {8, "ql", "owners"},  {8, "ql", "positions"},
                       {8, "ql", "lengths"}, {2, "e", "gram idf"}, {4, "f", "features"},
                       {4, "f", "has word"}};
    if (count != ARRAYS + 1) {
        PyErr_Format(PyExc_TypeError, "find_features takes %d arguments", ARRAYS + 1);
        return NULL;
    }
    Py_buffer views[ARRAYS] = {{0}};
    PyObject *result = NULL;
    Matcher *self = calloc(1, sizeof *self);
    if (!self)
        return PyErr_NoMemory();
    int64_t sizes[ARRAYS];
    for (int array = 0; array < ARRAYS; array++) {
        if (take_array(arguments[array], &views[array], array >= RESULT, kinds[array].size, kinds[array].formats,
                       kinds[array].name) < 0)
            goto end;
        sizes[array] = views[array].len / views[array].itemsize;
    }
    self->average = PyFloat_AsDouble(arguments[ARRAYS]);
    if (PyErr_Occurred())
        goto end;
    if (sizes[STEMS] != sizes[IDF] || sizes[IDF] > INT16_MAX || sizes[OWNERS] != sizes[TOKENS] ||
        sizes[POSITIONS] != sizes[TOKENS] || sizes[RESULT] != FEATURES * sizes[LENGTHS] ||
        sizes[HAS_WORD] != sizes[IDF] * sizes[LENGTHS] ||
        sizes[GRAM_IDF] != 1 << BUCKET_BITS || sizes[TEXT_STEMS] >= INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        goto end;
    }
    self->word_count = (int)sizes[IDF];
    self->idf = views[IDF].buf;
    self->stems = views[STEMS].buf;
    self->text_stems = views[TEXT_STEMS].buf;
    self->distinct = sizes[TEXT_STEMS];
    self->has_word = views[HAS_WORD].buf;
    self->candidates = sizes[LENGTHS];
    if (self->average < 1)
        self->average = 1;
    if (read_query(self, (Words){views[QUERY].buf, sizes[QUERY]}, views[GRAM_IDF].buf) < 0 ||
        read_words(self, (Words){views[WORDS].buf, sizes[WORDS]}) < 0 ||
        score_all(self, views[TOKENS].buf, views[OWNERS].buf, views[POSITIONS].buf, sizes[TOKENS], views[LENGTHS].buf,
                  sizes[LENGTHS], views[RESULT].buf) < 0)
        goto end;
    result = Py_None;
    Py_INCREF(result);
end:
    for (int array = 0; array < ARRAYS; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
    free(self->has);
    free(self->sizes);
    free(self->first_hit);
    free(self->hits);
    free(self->row_of);
    free(self->alike);
    free(self->frequencies);
    free(self->windows[0]);
    free(self);
    return result;
}

static PyMethodDef functions[] = {
    {"find_features", (PyCFunction)(void (*)(void))find_features, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_features(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

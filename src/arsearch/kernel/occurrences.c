/* Where a term occurs in a segment, one occurrence after the other. */

#include "packing.h"

#include <stdlib.h>

/* Whether *count* postings can stand from *begin* to *end*: a block of them has two bytes at least. */
static int
can_have(const Py_buffer *packed, int64_t begin, int64_t end, int64_t count)
{
    return begin >= 0 && end >= begin && end <= packed->len - PADDING && count >= 0 &&
           count <= (end - begin + 1) / 2 * BLOCK;
}

/* The documents and frequencies of the *count* postings of *run*; returns how many occurrences they are, -1 if damaged. */
static int64_t
read_postings(PostingRun *run, int32_t *documents, uint32_t *frequencies)
{
    int64_t occurrences = 0;
    while (run->left) {
        int read = read_block(run, documents, frequencies);
        if (read < 0)
            return -1;
        for (int index = 0; index < read; index++)
            occurrences += frequencies[index];
        documents += read;
        frequencies += read;
    }
    return occurrences;
}

/* Write the document and the position of each of *occurrences* but the first *left_out*; -1 if they are damaged. There are
 * as many as the frequencies say. */
static int
read_occurrences(const uint8_t *at, const uint8_t *end, const int32_t *documents, const uint32_t *frequencies,
                 int64_t occurrences, int64_t left_out, int64_t *owners, int64_t *positions)
{
    uint32_t steps[BLOCK];
    int64_t left = 0, posting = -1;
    uint64_t next = 0, most = 0;
    for (int64_t done = 0; done < occurrences; done += BLOCK) {
        int count = (int)(occurrences - done < BLOCK ? occurrences - done : BLOCK);
        if (end - at < 1 || at[0] > 31 || end - at - 1 < bytes_of(count, at[0]))
            return -1;
        unpack_run(at + 1, at[0], count, steps);
        at += 1 + bytes_of(count, at[0]);
        for (int index = 0; index < count; index++) {
            if (!left) {
                most = next > most ? next : most;
                left = frequencies[++posting];
                next = 0;
            }
            left--;
            next += steps[index];
            if (done + index >= left_out) {
                *owners++ = documents[posting];
                *positions++ = (int64_t)next;
            }
            next++;
        }
    }
    most = next > most ? next : most;
    return at != end || most > (uint64_t)INT32_MAX + 1 ? -1 : 0;
}

/* occurrences(packed, begin, end, count, last) -> documents, positions
 *
 * The last *last* occurrences, both int64, of a term with *count* postings whose record stands from *begin* to *end*. */
static PyObject *
occurrences(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    Py_buffer packed = {0};
    PyObject *owners = NULL, *positions = NULL, *result = NULL;
    int32_t *documents = NULL;
    uint32_t *frequencies = NULL;
    int64_t numbers[4];
    if (argument_count != 5) {
        PyErr_SetString(PyExc_TypeError, "occurrences takes packed, begin, end, count and last");
        return NULL;
    }
    for (int index = 0; index < 4; index++)
        numbers[index] = PyLong_AsLongLong(arguments[index + 1]);
    if (PyErr_Occurred() || take_array(arguments[0], &packed, 0, 1, "B", "packed") < 0)
        return NULL;
    int64_t begin = numbers[0], end = numbers[1], count = numbers[2], last = numbers[3];
    if (!can_have(&packed, begin, end, count) || last < 0)
        goto damaged;
    documents = malloc((size_t)(count + 1) * sizeof *documents);
    frequencies = malloc((size_t)(count + 1) * sizeof *frequencies);
    if (!documents || !frequencies) {
        PyErr_NoMemory();
        goto end;
    }
    PostingRun run = {(const uint8_t *)packed.buf + begin, (const uint8_t *)packed.buf + end, count, 0};
    int64_t total = read_postings(&run, documents, frequencies);
    if (total < 0 || total > (run.end - run.at) * BLOCK) /* a byte for each block */
        goto damaged;
    last = last < total ? last : total;
    owners = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(last * 8));
    positions = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(last * 8));
    if (!owners || !positions)
        goto end;
    if (read_occurrences(run.at, run.end, documents, frequencies, total, total - last,
                         (int64_t *)PyByteArray_AsString(owners), (int64_t *)PyByteArray_AsString(positions)) < 0)
        goto damaged;
    result = Py_BuildValue("(OO)", owners, positions);
    goto end;
damaged:
    PyErr_SetString(PyExc_ValueError, "the positions of a segment are damaged");
end:
    free(documents);
    free(frequencies);
    Py_XDECREF(owners);
    Py_XDECREF(positions);
    PyBuffer_Release(&packed);
    return result;
}

/* term_postings(packed, begin, end, count) -> documents int64, frequencies float32 */
static PyObject *
term_postings(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t argument_count)
{
    Py_buffer packed = {0};
    PyObject *documents = NULL, *frequencies = NULL, *result = NULL;
    int64_t numbers[3];
    if (argument_count != 4) {
        PyErr_SetString(PyExc_TypeError, "term_postings takes packed, begin, end and count");
        return NULL;
    }
    for (int index = 0; index < 3; index++)
        numbers[index] = PyLong_AsLongLong(arguments[index + 1]);
    if (PyErr_Occurred() || take_array(arguments[0], &packed, 0, 1, "B", "packed") < 0)
        return NULL;
    int64_t begin = numbers[0], end = numbers[1], count = numbers[2];
    int is_damaged = !can_have(&packed, begin, end, count);
    if (!is_damaged) {
        documents = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(count * 8));
        frequencies = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(count * 4));
        if (!documents || !frequencies)
            goto end;
        PostingRun run = {(const uint8_t *)packed.buf + begin, (const uint8_t *)packed.buf + end, count, 0};
        int64_t *numbered = (int64_t *)PyByteArray_AsString(documents);
        float *counted = (float *)PyByteArray_AsString(frequencies);
        int32_t block[BLOCK];
        uint32_t often[BLOCK];
        while (run.left && !is_damaged) {
            int read = read_block(&run, block, often);
            is_damaged = read < 0;
            for (int index = 0; index < read; index++) {
                *numbered++ = block[index];
                *counted++ = (float)often[index];
            }
        }
    }
    if (is_damaged)
        PyErr_SetString(PyExc_ValueError, "the postings of a segment are damaged");
    else
        result = Py_BuildValue("(OO)", documents, frequencies);
end:
    Py_XDECREF(documents);
    Py_XDECREF(frequencies);
    PyBuffer_Release(&packed);
    return result;
}

static PyMethodDef functions[] = {
    {"term_postings", (PyCFunction)(void (*)(void))term_postings, METH_FASTCALL, NULL},
    {"occurrences", (PyCFunction)(void (*)(void))occurrences, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

int
add_occurrences(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

/* What the files of the compiled kernel share.
 *
 * Each file gives a group of functions; module.c makes one Python module of them. Only the stable ABI of CPython 3.11
 * is used, so one build serves every later version. Everything runs under the GIL; what takes long while indexing lets
 * go of it when its arguments have been checked, and nobody may change these meanwhile.
 *
 * What comes from an index on disk is not trusted: every number that is used as an index is compared with the size of
 * what it points into, and ValueError is raised where it is outside.
 */
#ifndef ARSEARCH_KERNEL_H
#define ARSEARCH_KERNEL_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include <stdint.h>

/* Compiled several times where compiler and linker can choose at run time by what the processor can do; that is before
 * sanitizers are ready. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define VECTORISED
#endif

/* Get the buffer of a one-dimensional C-contiguous array whose items have *size* bytes and one of the format letters
 * *formats*. Returns 0, or -1 with TypeError or ValueError set. */
int take_array(PyObject *object, Py_buffer *view, int writable, Py_ssize_t size, const char *formats, const char *name);

/* The same of an array of unsigned integers of any width, which is then the view's itemsize: 1, 2, 4 or 8. */
int take_unsigned(PyObject *object, Py_buffer *view, const char *name);

/* An array that a function takes: bytes of an item and format letters as above; 0 bytes for unsigned integers of any width. */
typedef struct {
    Py_ssize_t size;
    const char *formats, *name;
    int writable;
} ArrayKind;

/* Get the buffers of the *count* arguments of *function*, which must be zeros before and be released in any case. Returns 0,
 * or -1 with TypeError or ValueError set. */
int take_arrays(const ArrayKind *kinds, int count, PyObject *const *arguments, Py_ssize_t given, const char *function,
                Py_buffer *views);
void release_arrays(Py_buffer *views, int count);

/* What a function returns that fills arrays, when its *count* buffers are released: None; or NULL with the error that is set,
 * or else with ValueError, which says what is *wrong*. */
PyObject *answer(Py_buffer *views, int count, const char *wrong);

/* Get the buffer of offsets: signed integers of 4 or 8 bytes, which is then the view's itemsize. */
int take_offsets(PyObject *object, Py_buffer *view, const char *name);

static inline int64_t
offset_at(const Py_buffer *view, int64_t index)
{
    return view->itemsize == 4 ? ((const int32_t *)view->buf)[index] : ((const int64_t *)view->buf)[index];
}

static inline uint64_t
unsigned_at(const Py_buffer *view, int64_t index)
{
    switch (view->itemsize) {
    case 1:
        return ((const uint8_t *)view->buf)[index];
    case 2:
        return ((const uint16_t *)view->buf)[index];
    case 4:
        return ((const uint32_t *)view->buf)[index];
    default:
        return ((const uint64_t *)view->buf)[index];
    }
}

/* The types and functions of each file, added to the module: 0, or -1 with an error set. */
int add_postings(PyObject *module);
int add_forward(PyObject *module);
int add_features(PyObject *module);
int add_snippet(PyObject *module);
int add_grams(PyObject *module);
int add_alignment(PyObject *module);
int add_terms(PyObject *module);
int add_spelling(PyObject *module);
int add_chunks(PyObject *module);
int add_inversion(PyObject *module);
int add_means(PyObject *module);
int add_sketch(PyObject *module);
int add_packing(PyObject *module);
int add_texts(PyObject *module);
int add_occurrences(PyObject *module);
int add_nearest(PyObject *module);

#endif

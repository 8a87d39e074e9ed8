/* The Python module arsearch.kernel._native. */

#include "kernel.h"

#include <string.h>

int
take_array(PyObject *object, Py_buffer *view, int writable, Py_ssize_t size, const char *formats, const char *name)
{
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, view, flags) < 0)
        return -1;
    const char *format = view->format ? view->format : "B";
    if (*format == '<' || *format == '=' || *format == '@')
        format++;
    if (view->ndim != 1 || view->itemsize != size || !*format || format[1] || !strchr(formats, *format)) {
        PyErr_Format(PyExc_TypeError, "%s must have one dimension and items of %zd bytes of type %s, not of %s", name,
                     size, formats, view->format ? view->format : "B");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

int
take_unsigned(PyObject *object, Py_buffer *view, const char *name)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    const char *format = view->format ? view->format : "B";
    if (*format == '<' || *format == '=' || *format == '@')
        format++;
    Py_ssize_t size = view->itemsize;
    if (view->ndim != 1 || !*format || format[1] || !strchr("BHILQ", *format) ||
        (size != 1 && size != 2 && size != 4 && size != 8)) {
        PyErr_Format(PyExc_TypeError, "%s must have one dimension and be unsigned integers, not %s", name,
                     view->format ? view->format : "B");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

int
take_offsets(PyObject *object, Py_buffer *view, const char *name)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0)
        return -1;
    const char *format = view->format ? view->format : "B";
    if (*format == '<' || *format == '=' || *format == '@')
        format++;
    if (view->ndim != 1 || (view->itemsize != 4 && view->itemsize != 8) || !*format || format[1] ||
        !strchr("ilq", *format)) {
        PyErr_Format(PyExc_TypeError, "%s must have one dimension and be signed integers of 4 or 8 bytes, not %s", name,
                     view->format ? view->format : "B");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

int
take_arrays(const ArrayKind *kinds, int count, PyObject *const *arguments, Py_ssize_t given, const char *function,
            Py_buffer *views)
{
    if (given != count) {
        PyErr_Format(PyExc_TypeError, "%s takes %d arrays", function, count);
        return -1;
    }
    for (int array = 0; array < count; array++)
        if ((kinds[array].size ? take_array(arguments[array], &views[array], kinds[array].writable, kinds[array].size,
                                            kinds[array].formats, kinds[array].name)
                               : take_unsigned(arguments[array], &views[array], kinds[array].name)) < 0)
            return -1;
    return 0;
}

void
release_arrays(Py_buffer *views, int count)
{
    for (int array = 0; array < count; array++)
        if (views[array].obj)
            PyBuffer_Release(&views[array]);
}

PyObject *
answer(Py_buffer *views, int count, const char *wrong)
{
    release_arrays(views, count);
    if (wrong && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, wrong);
    if (PyErr_Occurred())
        return NULL;
    Py_INCREF(Py_None);
    return Py_None;
}

static int
add_everything(PyObject *module)
{
    if (add_postings(module) < 0 || add_forward(module) < 0 || add_features(module) < 0 ||
        add_terms(module) < 0 || add_spelling(module) < 0 || add_chunks(module) < 0 || add_inversion(module) < 0 ||
        add_means(module) < 0 || add_packing(module) < 0 || add_texts(module) < 0 || add_occurrences(module) < 0 ||
        add_snippet(module) < 0 || add_grams(module) < 0 || add_alignment(module) < 0 ||
        add_nearest(module) < 0 || add_sketch(module) < 0)
        return -1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_everything},
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "arsearch.kernel._native",
    .m_doc = "Compiled loops; arsearch.kernel says what they are for.",
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}

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

static int
add_everything(PyObject *module)
{
    if (add_postings(module) < 0 || add_forward(module) < 0 || add_features(module) < 0 || add_marks(module) < 0 ||
        add_terms(module) < 0 || add_spelling(module) < 0 || add_chunks(module) < 0 || add_inversion(module) < 0 ||
        add_means(module) < 0)
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

/* What both fuzz programs need: a Python inside of them, and claims that stop the program. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int holds, const char *claim)
{
    if (holds)
        return;
    if (PyErr_Occurred())
        PyErr_Print();
    fprintf(stderr, "not true: %s\n", claim);
    abort();
}

/* A module that is linked to the program can be imported. */
static void add(const char *name, PyObject *(*init)(void))
{
    check(PyImport_AppendInittab(name, init) == 0, "modules can be added");
}

static PyObject *module_of(const char *name)
{
    PyObject *here = PyImport_ImportModule(name);
    check(here != NULL, "the module can be imported");
    return here;
}

/* A claim about two answers, which are given back. */
static void same(PyObject *left, PyObject *right, const char *claim)
{
    check(left && right && PyObject_RichCompareBool(left, right, Py_EQ) == 1, claim);
    Py_DECREF(left);
    Py_DECREF(right);
}

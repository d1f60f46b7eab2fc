/* The fuzz target of the native evidence (detector/metrics/_evidence.c); the input is the JSON text of one file.
 *
 * Its candidates, as the native scan cuts them out, are read, and all of them taken into columns that are soon full. The same is
 * tried with the bytes as they are, at places that are drawn from them: the reader may refuse these, and nothing else.
 * Besides that no sanitizer speaks, the code for vectors and that without answer the same.
 */

#include "inside.h"

#include "../detector/metrics/_evidence.c"

#define MOST_VALUES 3
#define LONGEST_VALUE 64

enum { VECTOR, SCALAR, BUILDS };
static const char *const modules[BUILDS] = {"_evidence", "_scalar_evidence"};
static PyObject *prefilter, *readers[BUILDS];

PyObject *PyInit__native(void);
PyObject *PyInit__scalar_evidence(void);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    add("_native", PyInit__native);
    add(modules[VECTOR], PyInit__evidence);
    add(modules[SCALAR], PyInit__scalar_evidence);
    Py_InitializeEx(0);
    prefilter = PyObject_CallMethod(module_of("_native"), "Prefilter", "(yyy)()()()()iii", "eventID", "userIdentity", "k", 1 << 20,
                                    1 << 20, 1 << 20);
    for (int i = 0; i < BUILDS; i++)
        readers[i] = PyObject_CallMethod(module_of(modules[i]), "Reader", "(yyy#)ii", "eventName", "x", "userIdentity\0arn", (Py_ssize_t)16, LONGEST_VALUE, 4);
    check(prefilter && readers[VECTOR] && readers[SCALAR], "all can be made");
    return 0;
}

static PyObject *columns_for(int build)
{
    PyObject *module = module_of(modules[build]), *columns = PyTuple_New(COLUMNS);
    for (int i = 0; i < COLUMNS; i++)
        check(PyTuple_SetItem(columns, i, PyObject_CallMethod(module, "Column", "i", MOST_VALUES)) == 0, "there is memory");
    Py_DECREF(module);
    return columns;
}

/* What a reader says of all records at some places; None where it refuses them. */
static PyObject *told(int build, PyObject *text, PyObject *places)
{
    PyObject *read = PyObject_CallMethod(readers[build], "read", "OOi", text, places, 0);
    if (!read) {
        check(PyErr_ExceptionMatches(PyExc_ValueError), "a text is read or is a ValueError");
        PyErr_Clear();
        return Py_NewRef(Py_None);
    }
    uint32_t numbers[64], count = 0;
    while (count < 64 && count < PyBytes_Size(places) / 24)
        numbers[count] = count, count++;
    PyObject *columns = columns_for(build), *all = PyList_New(0);
    PyObject *ids = PyObject_CallMethod(readers[build], "ids", "y#", (char *)numbers, (Py_ssize_t)count * 4);
    PyObject *unknown = PyObject_CallMethod(readers[build], "take", "Oy#", columns, (char *)numbers, (Py_ssize_t)count * 4);
    if ((!ids || !unknown) && PyErr_Occurred()) {
        check(PyErr_ExceptionMatches(PyExc_UnicodeDecodeError), "only letters can be wrong"); /* of a text that was not checked */
        PyErr_Clear();
    }
    for (int i = 0; i < COLUMNS; i++) {
        PyObject *column = PyTuple_GetItem(columns, i);
        PyObject *codes = PyObject_CallMethod(column, "codes", NULL);
        check(!unknown || PyObject_Size(column) == count, "there is a row for each record");
        check(codes && PyList_Append(all, codes) == 0, "there are codes");
        check(PyObject_CallMethod(column, "prune", NULL) != NULL, "a column can be pruned");
        Py_DECREF(codes);
    }
    PyObject *answer = Py_BuildValue("NNNN", read, ids ? ids : Py_NewRef(Py_None), unknown ? unknown : Py_NewRef(Py_None), all);
    Py_DECREF(columns);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PyObject *content = PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size);
    PyObject *cut = PyObject_CallMethod(prefilter, "contents", "((O))", content);
    check(cut != NULL, "there are candidates");
    PyObject *places = PyTuple_GetItem(cut, 1), *records = PyTuple_GetItem(cut, 2);
    same(told(VECTOR, records, places), told(SCALAR, records, places), "vectors change nothing");
    Py_DECREF(cut);
    if (size > 4) {
        int64_t drawn[6] = {0, data[0] % 8, (int64_t)(size - data[1] % 4), 1, data[2] % (int64_t)size, (int64_t)size};
        places = PyBytes_FromStringAndSize((char *)drawn, data[3] % 2 ? 24 : 48);
        same(told(VECTOR, content, places), told(SCALAR, content, places), "vectors change nothing, whatever is read");
        Py_DECREF(places);
    }
    Py_DECREF(content);
    return 0;
}

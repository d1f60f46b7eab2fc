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
#define ROW (MEMBERS_COUNT + 3) /* numbers: the evidence, two more members, and whether these tell all */
static const char *const modules[BUILDS] = {"_evidence", "_scalar_evidence"};
static PyObject *prefilter, *readers[BUILDS];

PyObject *PyInit__native(void);
PyObject *PyInit__scalar_evidence(void);

/* What filters read, which are the first three, and the evidence. */
static PyObject *marked(void)
{
    PyObject *names = Py_BuildValue("[yyy]", "eventName", "x", "userIdentity"), *found;
    for (int i = 0; i < MEMBERS_COUNT; i++) {
        const char *dot = strchr(MEMBERS[i], '.');
        PyObject *name = dot ? PyBytes_FromFormat("userIdentity%c%s", 0, dot + 1) : PyBytes_FromString(MEMBERS[i]);
        check(i == EVENT_NAME || PyList_Append(names, name) == 0, "there is memory");
        Py_DECREF(name);
    }
    found = PyList_AsTuple(names);
    Py_DECREF(names);
    check(found && PyTuple_Size(found) == ROW - 1, "there is a name for each mark");
    return found;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    add("_native", PyInit__native);
    add(modules[VECTOR], PyInit__evidence);
    add(modules[SCALAR], PyInit__scalar_evidence);
    Py_InitializeEx(0);
    prefilter = PyObject_CallMethod(module_of("_native"), "Prefilter", "(yyy)()()()()Oiiii", "eventID", "userIdentity", "k", marked(), 0, 1 << 20,
                                    1 << 20, 1 << 20);
    for (int i = 0; i < BUILDS; i++)
        readers[i] = PyObject_CallMethod(module_of(modules[i]), "Reader", "Oi((yy)(yy)(y)(y))ii", marked(), 3, "Name", "Arn", "name", "id", "value", "x", LONGEST_VALUE, 4);
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

/* Every spelling is known when the same is read again, and the rows of those that have a flag are told. */
static void check_spellings(int build, PyObject *text, PyObject *places, PyObject *marks, PyObject *read)
{
    PyObject *numbers = PyTuple_GetItem(read, 2);
    const char *bytes = PyBytes_AsString(numbers);
    uint32_t rows = (uint32_t)PyBytes_Size(numbers) / 4, spellings = 0, number, flagged = 0, row;
    for (uint32_t i = 0; i < rows; i++) {
        memcpy(&number, bytes + 4 * i, 4);
        check(number <= spellings, "spellings are numbered as they come");
        spellings += number == spellings;
    }
    PyObject *again = PyObject_CallMethod(readers[build], "read", "OOOI", text, places, marks, spellings);
    check(again && PyLong_AsLong(PyTuple_GetItem(again, 1)) == (long)spellings && PyBytes_Size(PyTuple_GetItem(again, 0)) == 14,
          "what was answered is not asked again");
    same(Py_NewRef(PyTuple_GetItem(again, 2)), Py_NewRef(numbers), "a spelling keeps its number");
    PyObject *flags = PyBytes_FromStringAndSize(NULL, spellings);
    for (uint32_t i = 0; i < spellings; i++)
        PyBytes_AsString(flags)[i] = (char)(i % 3 == 1);
    PyObject *found = PyObject_CallMethod(readers[build], "flagged", "O", flags);
    check(found != NULL, "there is a flag for each spelling");
    for (uint32_t i = 0; i < rows; i++) {
        memcpy(&number, bytes + 4 * i, 4);
        if (number % 3 != 1)
            continue;
        check(4 * ++flagged <= PyBytes_Size(found), "no row is left out");
        memcpy(&row, PyBytes_AsString(found) + 4 * (flagged - 1), 4);
        check(row == i, "rows are those of spellings with a flag");
    }
    check(4 * flagged == PyBytes_Size(found), "no row is added");
    Py_DECREF(flags);
    flags = PyBytes_FromStringAndSize(NULL, spellings + 1);
    check(!PyObject_CallMethod(readers[build], "flagged", "O", flags) && PyErr_ExceptionMatches(PyExc_ValueError),
          "too many flags are refused");
    PyErr_Clear();
    Py_DECREF(flags);
    Py_DECREF(found);
    Py_DECREF(again);
}

/* Of a text that was not checked only the letters can be wrong. */
static void check_letters(void)
{
    check(!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_UnicodeDecodeError), "only letters can be wrong");
    PyErr_Clear();
}

/* What a reader says of all records at some places; None where it refuses them. */
static PyObject *told(int build, PyObject *text, PyObject *places, PyObject *marks)
{
    PyObject *read = PyObject_CallMethod(readers[build], "read", "OOOi", text, places, marks, 0);
    if (!read) {
        check(PyErr_ExceptionMatches(PyExc_ValueError), "a text is read or is a ValueError");
        PyErr_Clear();
        return Py_NewRef(Py_None);
    }
    check_spellings(build, text, places, marks, read);
    uint32_t numbers[64], count = 0;
    while (count < 64 && count < PyBytes_Size(places) / 24)
        numbers[count] = count, count++;
    PyObject *columns = columns_for(build), *all = PyList_New(0);
    PyObject *ids = PyObject_CallMethod(readers[build], "ids", "y#", (char *)numbers, (Py_ssize_t)count * 4);
    check_letters();
    PyObject *unknown = PyObject_CallMethod(readers[build], "take", "Oy#", columns, (char *)numbers, (Py_ssize_t)count * 4);
    check_letters();
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
    PyObject *places = PyTuple_GetItem(cut, 1), *marks = PyTuple_GetItem(cut, 2), *records = PyTuple_GetItem(cut, 3);
    same(told(VECTOR, records, places, marks), told(SCALAR, records, places, marks), "vectors change nothing");
    Py_DECREF(cut);
    if (size > 4) {
        int64_t drawn[6] = {0, data[0] % 8, (int64_t)(size - data[1] % 4), 1, data[2] % (int64_t)size, (int64_t)size};
        places = PyBytes_FromStringAndSize((char *)drawn, data[3] % 2 ? 24 : 48);
        uint32_t noted[2 * ROW] = {0};
        for (int i = 1; i < 2 * ROW && i < (int)size; i++)
            noted[i] = i == ROW ? data[i] % 2 : data[i] % 64;
        marks = PyBytes_FromStringAndSize((char *)noted, data[3] % 2 ? ROW * 4 : 2 * ROW * 4);
        same(told(VECTOR, content, places, marks), told(SCALAR, content, places, marks), "vectors change nothing, whatever is read");
        Py_DECREF(places);
        Py_DECREF(marks);
    }
    Py_DECREF(content);
    return 0;
}

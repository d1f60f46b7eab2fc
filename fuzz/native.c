/* Fuzz targets for the native part of the scan (detector/scan/_native.c), for libFuzzer and for afl++ alike.
 *
 * One program, with a Python inside, so that what is fuzzed is the batch call as the scan makes it. TARGET chooses:
 *
 *   content   the input is the JSON text of one file
 *   gzip      the input is the bytes of one file
 *   batch     the input is the bytes of several files, separated by SEPARATOR
 *
 * What must hold besides that no sanitizer speaks: the three answers fit together and into the buffers; a file is answered the
 * same in a batch and alone, and by the code for vectors and by that without (scalar.c); a file that is skipped
 * holds none of the strings that a match needs.
 */

#define _GNU_SOURCE
#include "inside.h"

#include "../detector/scan/_native.c"

#ifndef TARGET
#define TARGET content
#endif
#define JOIN(left, right) left##right
#define FUNCTION_OF(target) JOIN(fuzz_, target)

#define MAX_FILES 6
#define LIMIT (1 << 20)
#define LARGEST 4096 /* small, so that inputs reach the limits */
#define ROOM 16384
static const char SEPARATOR[] = "\n--file--\n";

PyObject *PyInit__scalar(void);
void fuzz_content(const uint8_t *data, size_t size);
void fuzz_gzip(const uint8_t *data, size_t size);
void fuzz_batch(const uint8_t *data, size_t size);

enum { VECTOR_FILES, VECTOR_GATED, VECTOR_PLAIN, SCALAR_GATED, SCALAR_PLAIN, PREFILTERS };
static PyObject *prefilters[PREFILTERS];
static PyObject *paths[MAX_FILES];
static const char *const needles[] = {"\"StopLogging\"", "\"StopLogging\\\"", "\"Access", "Operation\""};

#define MARKED "eventName", "k", "userIdentity", "userIdentity\0arn", (Py_ssize_t)16
#define ROW 5 /* numbers */

static PyObject *make(const char *module, int gated)
{
    PyObject *here = module_of(module);
    PyObject *made = gated ? PyObject_CallMethod(here, "Prefilter", "(yy)(y)(y)(yyy)(yyyy)(yyyy#)iiii", "StopLogging", "a/b", "Access",
                                                 "Operation", "StopLogging", "Access", "Operation", needles[0], needles[1],
                                                 needles[2], needles[3], MARKED, 0, LIMIT, LARGEST, ROOM)
                           : PyObject_CallMethod(here, "Prefilter", "(yy)(y)(y)()()(yyyy#)iiii", "StopLogging", "a/b", "Access",
                                                 "Operation", MARKED, 0, LIMIT, LARGEST, ROOM);
    check(made != NULL, "a prefilter can be made");
    Py_DECREF(here);
    return made;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    add("_native", PyInit__native);
    add("_scalar", PyInit__scalar);
    Py_InitializeEx(0);
    prefilters[VECTOR_FILES] = make("_native", 1);
    prefilters[VECTOR_GATED] = make("_native", 1);
    prefilters[VECTOR_PLAIN] = make("_native", 0);
    prefilters[SCALAR_GATED] = make("_scalar", 1);
    prefilters[SCALAR_PLAIN] = make("_scalar", 0);
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    for (int i = 0; i < MAX_FILES; i++) {
        paths[i] = PyBytes_FromFormat("%s/detector-fuzz-%d-%d", folder, (int)getpid(), i);
        check(paths[i] != NULL, "there is memory");
    }
    return 0;
}

/* ---- One answer of a prefilter ------------------------------------------------------------------------------- */

typedef struct {
    PyObject *answer;
    const int64_t *files, *places;
    const uint32_t *marks;
    const char *records;
    Py_ssize_t files_count, places_count, marks_count, size;
} Answer;

static const char *bytes_of(PyObject *answer, Py_ssize_t index, Py_ssize_t *size)
{
    char *bytes;
    check(PyBytes_AsStringAndSize(PyTuple_GetItem(answer, index), &bytes, size) == 0, "an answer is of bytes");
    return bytes;
}

/* The answer to `items`, which has as many triples as there are items; `records` is a log file of those at `places`. */
static Answer ask(PyObject *prefilter, const char *method, PyObject *items)
{
    Answer all = {.answer = PyObject_CallMethod(prefilter, method, "(O)", items)};
    int64_t kept = 0, end = (int64_t)strlen("{\"Records\":[");
    check(all.answer != NULL, "there is an answer");
    all.files = (const int64_t *)(const void *)bytes_of(all.answer, 0, &all.files_count);
    all.places = (const int64_t *)(const void *)bytes_of(all.answer, 1, &all.places_count);
    all.marks = (const uint32_t *)(const void *)bytes_of(all.answer, 2, &all.marks_count);
    all.records = bytes_of(all.answer, 3, &all.size);
    check(all.files_count == PyTuple_Size(items) * 24 && all.places_count % 24 == 0, "there is a triple for each file");
    all.places_count /= 24;
    check(all.marks_count == all.places_count * ROW * 4, "there are marks for each record that is kept");
    for (Py_ssize_t i = 0; i < PyTuple_Size(items); i++) {
        const int64_t *file = all.files + 3 * i;
        check(file[0] == UNKNOWN || file[0] == SKIPPED || file[0] == WALKED, "an outcome is one of three");
        check(file[0] == WALKED ? file[1] > 0 && file[2] <= file[1] : file[1] == 0 && file[2] == 0, "counts fit the outcome");
        for (int64_t j = 0, last = -1; j < file[2]; j++, kept++) {
            check(kept < all.places_count, "there is a place for each record that is kept");
            const int64_t *place = all.places + 3 * kept;
            check(place[0] > last && place[0] < file[1], "positions ascend within the file");
            check(place[1] == end + (kept > 0) && place[2] > place[1] + 1 && place[2] <= all.size - 2 &&
                      place[2] - place[1] <= LARGEST,
                  "records stand one behind the other");
            check(all.records[place[1]] == '{' && all.records[place[2] - 1] == '}', "a record is an object");
            for (int mark = 1; mark < ROW; mark++) {
                int64_t begin = all.marks[ROW * kept + mark];
                check(begin < place[2] - place[1], "a member lies in its record");
                if (begin && !all.marks[ROW * kept])
                    check(strchr("\"{[-0123456789tfn", all.records[place[1] + begin]) != NULL, "a value begins at a mark");
            }
            last = place[0];
            end = place[2];
        }
    }
    check(kept == all.places_count && all.size == end + 2 && memcmp(all.records + end, "]}", 2) == 0, "nothing else is kept");
    return all;
}

static void as_before(Answer left, Answer right, const char *claim)
{
    same(Py_NewRef(left.answer), right.answer, claim);
}

/* ---- Targets ------------------------------------------------------------------------------------------------- */

static PyObject *tuple_of(const uint8_t *data, size_t size)
{
    PyObject *one = Py_BuildValue("(y#)", size ? (const char *)data : "", (Py_ssize_t)size);
    check(one != NULL, "there is memory");
    return one;
}

void fuzz_content(const uint8_t *data, size_t size)
{
    PyObject *contents = tuple_of(data, size);
    Answer plain = ask(prefilters[VECTOR_PLAIN], "contents", contents);
    Answer gated = ask(prefilters[VECTOR_GATED], "contents", contents);
    as_before(plain, ask(prefilters[SCALAR_PLAIN], "contents", contents), "vectors change nothing");
    PyObject *fresh = make("_native", 0);
    as_before(plain, ask(fresh, "contents", contents), "what was met before changes nothing");
    Py_DECREF(fresh);
    as_before(gated, ask(prefilters[SCALAR_GATED], "contents", contents), "vectors change nothing behind a gate");
    if (gated.files[0] == SKIPPED) {
        for (size_t i = 0; i < sizeof needles / sizeof *needles; i++)
            check(!memmem(data, size, needles[i], strlen(needles[i])), "a skipped file holds no wanted string");
        Py_DECREF(plain.answer);
    } else
        as_before(gated, plain, "a gate only skips");
    Py_DECREF(gated.answer);
    Py_DECREF(contents);
}

static void store(PyObject *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(PyBytes_AsString(path), "wb");
    check(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0, "a file can be written");
}

void fuzz_batch(const uint8_t *data, size_t size)
{
    PyObject *names = PyTuple_New(0), *alone;
    const uint8_t *end = data + size;
    int count = 0;
    for (const uint8_t *next; count < MAX_FILES && data <= end; data = next + strlen(SEPARATOR), count++) {
        next = memmem(data, (size_t)(end - data), SEPARATOR, strlen(SEPARATOR));
        if (!next || count == MAX_FILES - 1)
            next = end;
        store(paths[count], data, (size_t)(next - data));
        PyObject *one = PyTuple_Pack(1, paths[count]), *more = PySequence_Concat(names, one);
        check(more != NULL, "there is memory");
        Py_DECREF(one);
        Py_DECREF(names);
        names = more;
    }
    Answer all = ask(prefilters[VECTOR_FILES], "files", names);
    as_before(all, ask(prefilters[SCALAR_GATED], "files", names), "vectors change nothing");
    int64_t room = 0;
    for (int i = 0; i < count; i++) {
        alone = PyTuple_Pack(1, paths[i]);
        Answer single = ask(prefilters[VECTOR_GATED], "files", alone);
        room += single.size;
        if (room < ROOM) /* beyond it files of a batch become UNKNOWN */
            check(memcmp(single.files, all.files + 3 * i, 24) == 0, "a file is answered as if it were alone");
        Py_DECREF(single.answer);
        Py_DECREF(alone);
    }
    Py_DECREF(all.answer);
    Py_DECREF(names);
}

/* The same bytes as a file, and as its content where it is not compressed. */
void fuzz_gzip(const uint8_t *data, size_t size)
{
    store(paths[0], data, size);
    PyObject *names = PyTuple_Pack(1, paths[0]), *contents = tuple_of(data, size);
    Answer file = ask(prefilters[VECTOR_FILES], "files", names);
    as_before(file, ask(prefilters[SCALAR_GATED], "files", names), "vectors change nothing");
    if (size > 0 && data[0] != 0x1f)
        as_before(file, ask(prefilters[VECTOR_GATED], "contents", contents), "a file is its content");
    Py_DECREF(file.answer);
    Py_DECREF(names);
    Py_DECREF(contents);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FUNCTION_OF(TARGET)(data, size);
    return 0;
}

#ifdef REPACK
/* libFuzzer's own mutations, made behind the compression every other time: a checksum is not to be guessed. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static uint8_t content[LIMIT], stored[LIMIT];
    static struct libdeflate_decompressor *inflater;
    static struct libdeflate_compressor *deflater;
    if (!inflater) {
        inflater = libdeflate_alloc_decompressor();
        deflater = libdeflate_alloc_compressor(1);
    }
    size_t made = 0;
    if (seed % 2 || libdeflate_gzip_decompress(inflater, data, size, content, sizeof content / 2, &made) != LIBDEFLATE_SUCCESS)
        return LLVMFuzzerMutate(data, size, most);
    made = LLVMFuzzerMutate(content, made, sizeof content / 2);
    made = libdeflate_gzip_compress(deflater, content, made, stored, sizeof stored);
    if (made == 0 || made > most)
        return LLVMFuzzerMutate(data, size, most);
    memcpy(data, stored, made);
    return made;
}
#endif

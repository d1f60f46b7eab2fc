/* One pass over the JSON text of a CloudTrail log file: is all of it sound, where are its records, and which of
 * them hold a wanted text?
 *
 * In: the bytes, and what is wanted of the texts in them (keys and string values alike). Out: the number of records,
 * whether all bytes are ASCII, and (place, begin, end) of each record that may hold a wanted text. The contract:
 * an answer is only given for a text {"Records":[object, ...]} that RFC 8259 allows, at most 64 levels deep;
 * for any other it is None, "not known", and the caller decodes the file. A record that holds no wanted text
 * may be given, one that holds some is never left out: an escape that could spell a letter of a wanted text
 * counts as holding it. That bytes which are not ASCII are UTF-8 is not checked here.
 *
 * Python's lock is released during the pass. Nothing is written but the list of places. No byte is read but those of the
 * text and the NUL that bytes and bytearray have behind their end; no text of JSON holds a NUL, so each step ends there.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#endif

#define DEEPEST 64
#define BUCKETS 256
#define KINDS 3
#define NONE 256
#define BROKEN 257

typedef const uint8_t *Text;

enum { WHOLE, BEGINNING, END };

typedef struct {
    Text text;
    size_t size;
    int next; /* of the same bucket, 1 more than its place; 0 for none */
} Literal;

typedef struct {
    Literal *literals;
    int buckets[KINDS][BUCKETS];
    uint64_t begun[BUCKETS]; /* by first letter: a bit for each size that a text of interest may have */
    uint64_t ended[BUCKETS]; /* by last letter */
    uint8_t letters[128];    /* of all literals */
} Wanted;

typedef struct {
    Text end;
    const Wanted *wanted;
    int open;      /* the record at hand may hold a wanted text */
    unsigned high; /* not 0 when some byte is not ASCII */
} Walk;

typedef struct {
    int64_t *places;
    size_t count, room;
} Places;

static unsigned bucket_of(int kind, Text text, size_t size)
{
    switch (kind) {
    case WHOLE:
        return (text[0] ^ (text[size - 1] << 3) ^ (unsigned)size) % BUCKETS;
    case BEGINNING:
        return text[0];
    default:
        return text[size - 1];
    }
}

/* Sizes of 63 and more share the last bit. */
static inline unsigned size_class(size_t size)
{
    return size < 63 ? (unsigned)size : 63;
}

static int is_among(const Wanted *wanted, int kind, Text text, size_t size)
{
    for (int i = wanted->buckets[kind][bucket_of(kind, text, size)]; i; i = wanted->literals[i - 1].next) {
        const Literal *one = &wanted->literals[i - 1];
        if (kind == WHOLE ? size != one->size : size < one->size)
            continue;
        if (memcmp(kind == END ? text + size - one->size : text, one->text, one->size) == 0)
            return 1;
    }
    return 0;
}

static inline int is_wanted(const Wanted *wanted, Text text, size_t size)
{
    unsigned class = size_class(size);
    if (!((wanted->begun[text[0]] | wanted->ended[text[size - 1]]) >> class & 1))
        return 0;
    return size > 0 && (is_among(wanted, WHOLE, text, size) || is_among(wanted, BEGINNING, text, size) ||
                        is_among(wanted, END, text, size));
}

static int hex_of(int letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* What stands after a backslash: the letter it spells as far as that matters, NONE, or BROKEN. */
static int escaped(Text here)
{
    int code = 0;
    switch (*here) {
    case '/':
        return '/';
    case '"':
    case '\\':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return NONE; /* not a letter of any literal */
    case 'u':
        for (int i = 1; i <= 4; i++) {
            int digit = hex_of(here[i]); /* not over the end: the NUL there is no digit */
            if (digit < 0)
                return BROKEN;
            code = code << 4 | digit;
        }
        return code < 128 ? code : NONE;
    default:
        return BROKEN;
    }
}

/* Forward to the next quote, backslash or control character; the NUL behind the end is one. */
static inline Text next_special(Walk *walk, Text here)
{
#if defined(__SSE2__) && defined(__GNUC__)
    const __m128i quotes = _mm_set1_epi8('"'), backslashes = _mm_set1_epi8('\\'), controls = _mm_set1_epi8(31);
    while (walk->end - here >= 16) {
        __m128i part = _mm_loadu_si128((const __m128i *)here);
        __m128i quote = _mm_cmpeq_epi8(part, quotes), backslash = _mm_cmpeq_epi8(part, backslashes);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(part, controls), part);
        unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
        walk->high |= (unsigned)_mm_movemask_epi8(part);
        if (found)
            return here + __builtin_ctz(found);
        here += 16;
    }
#endif
    while (*here != '"' && *here != '\\' && *here >= 32)
        walk->high |= *here++ >> 7;
    return here;
}

/* Behind a text, from behind its opening quote on; NULL where it is not sound. */
static inline Text take_text(Walk *walk, Text here)
{
    Text begin = here;
    for (;;) {
        here = next_special(walk, here);
        if (*here == '"')
            break;
        if (*here != '\\')
            return NULL; /* a control character, or the end */
        int letter = escaped(++here);
        if (letter == BROKEN)
            return NULL;
        if (letter != NONE)
            walk->open |= walk->wanted->letters[letter];
        here++;
    }
    if (!walk->open)
        walk->open = is_wanted(walk->wanted, begin, (size_t)(here - begin));
    return here + 1;
}

static Text take_digits(Text here)
{
    Text begin = here;
    while (*here >= '0' && *here <= '9')
        here++;
    return here > begin ? here : NULL;
}

static Text take_number(Text here)
{
    if (*here == '-')
        here++;
    here = *here == '0' ? here + 1 : take_digits(here);
    if (here && *here == '.')
        here = take_digits(here + 1);
    if (here && (*here == 'e' || *here == 'E')) {
        here++;
        if (*here == '+' || *here == '-')
            here++;
        here = take_digits(here);
    }
    return here;
}

static Text take_word(Text here, const char *word)
{
    while (*word)
        if (*here++ != (uint8_t)*word++)
            return NULL;
    return here;
}

static Text take_other(Text here)
{
    switch (*here) {
    case 't':
        return take_word(here, "true");
    case 'f':
        return take_word(here, "false");
    case 'n':
        return take_word(here, "null");
    default:
        return take_number(here);
    }
}

static inline Text skip_blanks(Text here)
{
    while (*here <= ' ' && (*here == ' ' || *here == '\n' || *here == '\r' || *here == '\t'))
        here++;
    return here;
}

/* Behind an object with all that is in it, from behind its brace on; NULL where it is not sound. `objects` has a
 * bit for each level: is it an object or an array? */
static inline Text take_object(Walk *walk, Text here)
{
    uint64_t objects = 1;
    int depth = 1, empty = 1;
    for (;;) {
        here = skip_blanks(here);
        if (!empty && *here == ',')
            here = skip_blanks(here + 1);
        else if (*here == (objects & 1 ? '}' : ']')) { /* the end of a level */
            here++;
            objects >>= 1;
            empty = 0;
            if (--depth == 0)
                return here;
            continue;
        } else if (!empty)
            return NULL;
        if (objects & 1) {
            if (*here != '"' || !(here = take_text(walk, here + 1)))
                return NULL;
            here = skip_blanks(here);
            if (*here != ':')
                return NULL;
            here = skip_blanks(here + 1);
        }
        empty = 0;
        if (*here == '"') {
            if (!(here = take_text(walk, here + 1)))
                return NULL;
        } else if (*here == '{' || *here == '[') { /* the beginning of a level */
            if (depth++ == DEEPEST)
                return NULL;
            empty = 1;
            objects = objects << 1 | (*here == '{');
            here++;
        } else if (!(here = take_other(here)))
            return NULL;
    }
}

static int add(Places *places, int64_t place, int64_t begin, int64_t end)
{
    if (places->count + 3 > places->room) {
        size_t room = places->room ? places->room * 2 : 3 * 64;
        int64_t *more = PyMem_RawRealloc(places->places, room * sizeof *more);
        if (!more)
            return 0;
        places->places = more;
        places->room = room;
    }
    places->places[places->count++] = place;
    places->places[places->count++] = begin;
    places->places[places->count++] = end;
    return 1;
}

/* The number of records; 0 where the text is not as it should be, -1 without memory. */
static int64_t walk_file(const Wanted *wanted, Text start, Text end, unsigned *high, Places *places)
{
    Walk walk = {end, wanted, 0, 0};
    Text here = take_word(start, "{\"Records\":["), begin;
    int64_t count = 0;
    if (!here)
        return 0;
    for (;; here++) {
        begin = skip_blanks(here);
        walk.open = 0;
        if (*begin != '{' || !(here = take_object(&walk, begin + 1)))
            return 0;
        if (walk.open && !add(places, count, begin - start, here - start))
            return -1;
        count++;
        here = skip_blanks(here);
        if (*here != ',')
            break;
    }
    if (*here != ']')
        return 0;
    here = skip_blanks(here + 1);
    if (*here != '}')
        return 0;
    *high = walk.high;
    return skip_blanks(here + 1) == end ? count : 0;
}

static int want(Wanted *wanted, PyObject *literals, int kind, int *count)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(literals); i++) {
        char *text;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GET_ITEM(literals, i), &text, &size) < 0)
            return 0;
        if (size == 0) {
            PyErr_SetString(PyExc_ValueError, "expected literals, found an empty one");
            return 0;
        }
        Literal *one = &wanted->literals[*count];
        int *bucket = &wanted->buckets[kind][bucket_of(kind, (Text)text, (size_t)size)];
        *one = (Literal){(Text)text, (size_t)size, *bucket};
        *bucket = ++*count;
        uint64_t this_size = (uint64_t)1 << size_class((size_t)size);
        if (kind == WHOLE)
            wanted->begun[(uint8_t)text[0]] |= this_size;
        else if (kind == BEGINNING)
            wanted->begun[(uint8_t)text[0]] |= ~(this_size - 1);
        else
            wanted->ended[(uint8_t)text[size - 1]] |= ~(this_size - 1);
        for (Py_ssize_t j = 0; j < size; j++)
            wanted->letters[text[j] & 127] = 1;
    }
    return 1;
}

static PyObject *answer(int64_t count, int is_ascii, const Places *places)
{
    if (count < 0)
        return PyErr_NoMemory();
    if (count == 0)
        Py_RETURN_NONE;
    return Py_BuildValue("LNN", (long long)count, PyBool_FromLong(is_ascii),
                         PyBytes_FromStringAndSize((const char *)places->places,
                                                   (Py_ssize_t)(places->count * sizeof *places->places)));
}

static PyObject *cut(PyObject *module, PyObject *args)
{
    PyObject *literals[KINDS], *result = NULL;
    Py_buffer data;
    Wanted wanted = {0};
    Places places = {0};
    Py_ssize_t room = 1;
    int count = 0, sound = 1;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*O!O!O!", &data, &PyTuple_Type, &literals[WHOLE], &PyTuple_Type,
                          &literals[BEGINNING], &PyTuple_Type, &literals[END]))
        return NULL;
    if (!PyBytes_Check(data.obj) && !PyByteArray_Check(data.obj)) { /* no NUL behind the end */
        PyBuffer_Release(&data);
        PyErr_SetString(PyExc_TypeError, "expected bytes or a bytearray");
        return NULL;
    }
    for (int kind = 0; kind < KINDS; kind++)
        room += PyTuple_GET_SIZE(literals[kind]);
    wanted.literals = PyMem_Calloc((size_t)room, sizeof *wanted.literals);
    if (!wanted.literals) {
        PyBuffer_Release(&data);
        return PyErr_NoMemory();
    }
    for (int kind = 0; kind < KINDS && sound; kind++)
        sound = want(&wanted, literals[kind], kind, &count);
    if (sound) {
        Text start = data.buf;
        unsigned high = 0;
        int64_t records;
        Py_BEGIN_ALLOW_THREADS
        records = walk_file(&wanted, start, start + data.len, &high, &places);
        Py_END_ALLOW_THREADS
        result = answer(records, !high, &places);
    }
    PyMem_RawFree(places.places);
    PyMem_Free(wanted.literals);
    PyBuffer_Release(&data);
    return result;
}

static PyMethodDef methods[] = {
    {"cut", cut, METH_VARARGS, "cut(data, wholes, beginnings, ends) -> (records, is_ascii, places) or None"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_cut", .m_methods = methods};

PyMODINIT_FUNC PyInit__cut(void)
{
    return PyModuleDef_Init(&module);
}

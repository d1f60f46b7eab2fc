/* The native part of the evidence: who did what to what from where, of the records of a batch that may match.
 *
 * `Column` keeps distinct values apart and a code for each row, in bounded memory; `detector.metrics.columns` is its
 * meaning. `Reader` reads the candidate records of a batch, of which the scan has noted where their members begin: it tells apart what the members that filters read are spelled as,
 * so that Python decodes each spelling once; it parses each eventTime, and later puts the evidence of the records that matched into
 * columns.
 *
 * The contract:
 *
 * - The text holds valid JSON in UTF-8, as the native pass of the scan has checked it. It is written by attackers all the same:
 *   every step ends at the NUL behind it, there is no recursion, and what is not as expected is a ValueError,
 *   or empty.
 * - What a record says is what `detector.cloudtrail.record.evidence` says, or the record is given back as not understood.
 *   That is so where an escape, a long text that is not ASCII, or an unusual type is met, and for parameters of a
 *   request that are nested or name nothing, until the caller has said once what stands in such parameters.
 * - Python's lock is released while records are read. One thread uses a Reader and its columns at a time.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000 /* one build serves Python 3.11 and all later versions */
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "../native.h"

#define NONE UINT32_MAX        /* no code, no name */
#define MAX_SPELLED (8u << 20) /* bytes of parameters that are remembered, and of spellings */
#define MAX_SPELLINGS (1u << 16)
#define MAX_STATED 16          /* resources that a record may have; more are for the caller */
#define MAX_PARAMETERS 32      /* of a request; the same */

/* ---- Buffers -------------------------------------------------------------------------------------------------- */

static int append_code(Buffer *codes, uint32_t code)
{
    return append(codes, &code, sizeof code);
}

/* ---- Distinct strings ----------------------------------------------------------------------------------------- */

typedef struct {
    size_t begin;
    uint32_t size, hash, code;
    int alive;
} Name;

typedef struct {
    Buffer bytes, names;
    uint32_t *slots; /* the index of a name plus 1; 0 for none */
    size_t slots_count;
} Names;

static Name *name_at(const Names *names, size_t index)
{
    return (Name *)names->names.bytes + index;
}

static size_t names_count(const Names *names)
{
    return names->names.size / sizeof(Name);
}

static uint32_t find(const Names *names, Text text, size_t size, uint32_t hash)
{
    if (!names->slots_count)
        return NONE;
    for (size_t slot = hash & (names->slots_count - 1); names->slots[slot]; slot = (slot + 1) & (names->slots_count - 1)) {
        const Name *name = name_at(names, names->slots[slot] - 1);
        if (name->hash == hash && name->size == size && memcmp(names->bytes.bytes + name->begin, text, size) == 0)
            return names->slots[slot] - 1;
    }
    return NONE;
}

static void place(Names *names, size_t index)
{
    size_t slot = name_at(names, index)->hash & (names->slots_count - 1);
    while (names->slots[slot])
        slot = (slot + 1) & (names->slots_count - 1);
    names->slots[slot] = (uint32_t)index + 1;
}

/* The slots again, for all names that are alive; false without memory. */
static int place_all(Names *names)
{
    size_t count = names_count(names), slots_count = 64;
    while (slots_count < 2 * (count + 1))
        slots_count *= 2;
    uint32_t *slots = calloc(slots_count, sizeof *slots);
    if (!slots)
        return 0;
    free(names->slots);
    names->slots = slots;
    names->slots_count = slots_count;
    for (size_t i = 0; i < count; i++)
        if (name_at(names, i)->alive)
            place(names, i);
    return 1;
}

static uint32_t insert(Names *names, Text text, size_t size, uint32_t hash, uint32_t code)
{
    size_t index = names_count(names);
    Name name = {names->bytes.size, (uint32_t)size, hash, code, 1};
    if (index >= NONE - 1 || !append(&names->bytes, text, size))
        return NONE;
    if (!append(&names->names, &name, sizeof name)) {
        names->bytes.size = name.begin; /* no gap between the names */
        return NONE;
    }
    if (2 * (index + 1) > names->slots_count) {
        if (!place_all(names))
            return NONE;
    } else
        place(names, index);
    return (uint32_t)index;
}

static void forget(Names *names)
{
    names->bytes.size = names->names.size = 0;
    free(names->slots);
    names->slots = NULL;
    names->slots_count = 0;
}

static void release(Names *names)
{
    forget(names);
    free(names->bytes.bytes);
    free(names->names.bytes);
}

/* ---- A column ------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    Names names; /* by code; the first stands for all values that are not kept apart */
    Names spelled; /* parameters of requests, each with the code of what they name */
    Buffer codes;  /* of each row */
    Buffer bound;  /* the last value that is kept, once there were too many */
    uint32_t bound_crc;
    int has_bound, busy;
    size_t most, alive;
    uint32_t last; /* the code of the value before; 0 for none */
} Column;

static uint32_t crc_table[8][256]; /* of a byte that so many others follow */

static void make_crc_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        crc_table[0][i] = crc;
    }
    for (int behind = 1; behind < 8; behind++)
        for (int i = 0; i < 256; i++)
            crc_table[behind][i] = crc_table[behind - 1][i] >> 8 ^ crc_table[0][crc_table[behind - 1][i] & 255];
}

/* That of zlib: an order of values that nobody chose, and which is the same everywhere. */
static uint32_t crc_of(Text text, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (; size >= 8; text += 8, size -= 8) {
        crc ^= text[0] | (uint32_t)text[1] << 8 | (uint32_t)text[2] << 16 | (uint32_t)text[3] << 24;
        crc = crc_table[7][crc & 255] ^ crc_table[6][crc >> 8 & 255] ^ crc_table[5][crc >> 16 & 255] ^
              crc_table[4][crc >> 24] ^ crc_table[3][text[4]] ^ crc_table[2][text[5]] ^ crc_table[1][text[6]] ^
              crc_table[0][text[7]];
    }
    while (size--)
        crc = crc >> 8 ^ crc_table[0][(crc ^ *text++) & 255];
    return ~crc;
}

typedef struct {
    uint32_t crc, index;
    size_t size;
    Text text;
} Ordered;

static int compare(const void *left, const void *right)
{
    const Ordered *a = left, *b = right;
    if (a->crc != b->crc)
        return a->crc < b->crc ? -1 : 1;
    size_t both = a->size < b->size ? a->size : b->size;
    int order = both ? memcmp(a->text, b->text, both) : 0;
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* Only the values of one class, those whose CRC begins with the same bits, are sorted: all of a class before it are kept, and none
 * of one behind it. */
enum { CLASSES = 1 << 12, CLASS_SHIFT = 32 - 12 };

/* Finds the class that `most` values reach into: how many there are before it, and in it. */
static uint32_t last_class(const size_t *sizes, size_t most, size_t *before)
{
    uint32_t class = 0;
    for (*before = 0; class < CLASSES - 1 && *before + sizes[class] < most; class++)
        *before += sizes[class];
    return class;
}

static int prune(Column *column)
{
    Names *names = &column->names;
    Buffer kept = {NULL, 0, 0};
    size_t count = names_count(names), used = 0, before, sizes[CLASSES] = {0};
    if (column->alive <= column->most)
        return 1;
    Ordered *ordered = malloc(column->alive * sizeof *ordered);
    uint32_t *crcs = malloc(count * sizeof *crcs);
    if (!ordered || !crcs) {
        free(ordered);
        free(crcs);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const Name *name = name_at(names, i);
        if (name->alive)
            sizes[(crcs[i] = crc_of(names->bytes.bytes + name->begin, name->size)) >> CLASS_SHIFT]++;
    }
    uint32_t last = last_class(sizes, column->most, &before);
    for (size_t i = 0; i < count; i++) {
        Name *name = name_at(names, i);
        if (name->alive && crcs[i] >> CLASS_SHIFT == last)
            ordered[used++] = (Ordered){crcs[i], (uint32_t)i, name->size, names->bytes.bytes + name->begin};
        else if (name->alive)
            name->alive = crcs[i] >> CLASS_SHIFT < last;
    }
    qsort(ordered, used, sizeof *ordered, compare);
    size_t of_it = column->most - before; /* not 0 */
    column->bound.size = 0;
    int sound = append(&column->bound, ordered[of_it - 1].text, ordered[of_it - 1].size);
    column->bound_crc = ordered[of_it - 1].crc;
    column->has_bound = 1;
    for (size_t i = of_it; i < used; i++)
        name_at(names, ordered[i].index)->alive = 0;
    free(ordered);
    free(crcs);
    for (size_t i = 0; i < count && sound; i++) {
        Name *name = name_at(names, i);
        size_t begin = kept.size;
        if (!name->alive)
            name->size = 0;
        sound = append(&kept, names->bytes.bytes + name->begin, name->size);
        name->begin = begin;
    }
    if (!sound) {
        free(kept.bytes);
        return 0;
    }
    free(names->bytes.bytes);
    names->bytes = kept;
    column->alive = column->most;
    return place_all(names);
}

/* The code of a value, which gets one if it has none; NONE without memory. */
static uint32_t code_of(Column *column, Text text, size_t size)
{
    const Name *last = name_at(&column->names, column->last); /* records of one caller stand together */
    if (column->last && last->alive && last->size == size && memcmp(column->names.bytes.bytes + last->begin, text, size) == 0)
        return column->last;
    if (column->has_bound) { /* no value that is kept is behind it */
        Ordered value = {crc_of(text, size), 0, size, text},
                bound = {column->bound_crc, 0, column->bound.size, column->bound.bytes};
        if (compare(&value, &bound) > 0)
            return 0;
    }
    uint32_t hash = hash_of(text, size), code = find(&column->names, text, size, hash);
    if (code != NONE)
        return column->last = code;
    if (column->alive >= 2 * column->most) /* the bound is another one then */
        return prune(column) ? code_of(column, text, size) : NONE;
    code = insert(&column->names, text, size, hash, (uint32_t)names_count(&column->names));
    column->alive += code != NONE;
    return code;
}

static int add_value(Column *column, Text text, size_t size)
{
    uint32_t code = code_of(column, text, size);
    return code != NONE && append_code(&column->codes, code);
}

/* ---- The walk over a record ----------------------------------------------------------------------------------- */

/* The members of a record that are evidence, in the order of `MEMBERS`; behind a dot a member of the member before it. */
enum {
    EVENT_NAME, EVENT_SOURCE, ERROR_CODE, ADDRESS, USER_AGENT, REGION, RECIPIENT, RESOURCES, PARAMETERS, MESSAGE, EVENT_TIME,
    EVENT_ID, ARN, USER_NAME, INVOKED_BY, PRINCIPAL_ID, ACCOUNT_ID, TYPE, MEMBERS_COUNT
};
static const char *const MEMBERS[MEMBERS_COUNT] = {
    "eventName", "eventSource", "errorCode", "sourceIPAddress", "userAgent", "awsRegion", "recipientAccountId",
    "resources", "requestParameters", "errorMessage", "eventTime", "eventID", "userIdentity.arn", "userIdentity.userName",
    "userIdentity.invokedBy", "userIdentity.principalId", "userIdentity.accountId", "userIdentity.type",
};

typedef struct {
    uint32_t begin, end; /* of a value in the text, with its quotes; 0, 0 for none */
} Span;

typedef struct {
    Span record;
    uint32_t members[MEMBERS_COUNT]; /* where their values begin in the text; 0 for none */
    int is_odd;                      /* that is not known */
} Row;

/* Past a string, from behind its opening quote; NULL at the end of the text. */
static inline Text skip_string(Text here, Text end, int *escaped)
{
    for (;;) {
#ifdef HAVE_SSE2
        const __m128i quotes = _mm_set1_epi8('"'), backslashes = _mm_set1_epi8('\\');
        while (end - here >= 16) {
            __m128i part = _mm_loadu_si128((const __m128i *)here);
            unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(part, quotes), _mm_cmpeq_epi8(part, backslashes)));
            if (found) {
                here += __builtin_ctz(found);
                break;
            }
            here += 16;
        }
#endif
        while (here < end && *here != '"' && *here != '\\')
            here++;
        if (here >= end)
            return NULL;
        if (*here == '"')
            return here + 1;
        *escaped = 1;
        here += 2; /* a backslash and what it escapes; the digits of \u are no quotes */
        if (here >= end)
            return NULL;
    }
}

/* Past an object or an array, from behind its opening bracket; NULL at the end of the text. */
static inline Text skip_nested(Text here, Text end)
{
    int depth = 1, escaped;
    for (;;) {
#ifdef HAVE_SSE2
        const __m128i quotes = _mm_set1_epi8('"'), opening = _mm_set1_epi8('{'), closing = _mm_set1_epi8('}'), bit = _mm_set1_epi8(0x20);
        while (end - here >= 16) { /* [ and ] are { and } but for one bit */
            __m128i part = _mm_loadu_si128((const __m128i *)here), upper = _mm_or_si128(part, bit);
            unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(
                _mm_cmpeq_epi8(part, quotes), _mm_or_si128(_mm_cmpeq_epi8(upper, opening), _mm_cmpeq_epi8(upper, closing))));
            if (found) {
                here += __builtin_ctz(found);
                break;
            }
            here += 16;
        }
#endif
        while (here < end && *here != '"' && (*here | 0x20) != '{' && (*here | 0x20) != '}')
            here++;
        if (here >= end)
            return NULL;
        if (*here == '"') {
            if (!(here = skip_string(here + 1, end, &escaped)))
                return NULL;
        } else if ((*here++ | 0x20) == '{')
            depth++;
        else if (--depth == 0)
            return here;
    }
}

static inline Text skip_value(Text here, Text end)
{
    int escaped;
    if (*here == '"')
        return skip_string(here + 1, end, &escaped);
    if (*here == '{' || *here == '[')
        return skip_nested(here + 1, end);
    Text begin = here;
    while (here < end && *here != ',' && *here != '}' && *here != ']' && *here > ' ')
        here++;
    return here > begin ? here : NULL;
}

/* One step through an object: from behind its brace or the last value to the next key and its value. */
typedef struct {
    Text key, key_end, value, value_end;
    int escaped;
} Member;

/* 1 for a member, 0 at the end of the object (`*here` is behind it), -1 for what is no JSON. */
static inline int next_member(Text *here, Text end, Member *member)
{
    Text at = skip_blanks(*here);
    if (*at == ',')
        at = skip_blanks(at + 1);
    if (*at == '}') {
        *here = at + 1;
        return 0;
    }
    if (*at != '"')
        return -1;
    member->escaped = 0;
    member->key = at + 1;
    if (!(at = skip_string(at + 1, end, &member->escaped)))
        return -1;
    member->key_end = at - 1;
    at = skip_blanks(at);
    if (*at != ':')
        return -1;
    member->value = skip_blanks(at + 1);
    if (!(at = skip_value(member->value, end)))
        return -1;
    member->value_end = *here = at;
    return 1;
}

static inline int is_key(const Member *member, const char *name, size_t size)
{
    return (size_t)(member->key_end - member->key) == size && memcmp(member->key, name, size) == 0;
}

/* ---- A reader ------------------------------------------------------------------------------------------------- */

/* A member of which the scan notes where its value begins. */
typedef struct {
    Text text;
    size_t size;
    uint32_t inside; /* the mark of the member of the record that it is a member of; 0 for the record */
    int is_whole;    /* filters read all of it */
} Marked;

enum { COLUMNS = 10 };

typedef struct {
    Text text;
    size_t size;
} Word;

/* Which keys of a request's parameters name a resource: `detector.cloudtrail.record.NAMING`. */
enum { ENDINGS, ALONE, VALUES, OTHERS, NAMING };

typedef struct {
    uint32_t row; /* among those wanted */
    Span record;
    size_t spelled, spelled_size; /* in `scratch`: what the resources depend on, if only these are not known */
} Unknown;

typedef struct {
    PyObject_HEAD
    PyObject *names; /* the tuple of bytes that `marked` points into */
    Marked *marked;  /* from 1 */
    uint32_t marked_count, asked; /* the first so many are what filters read */
    uint32_t members[MEMBERS_COUNT]; /* their marks */
    PyObject *naming;                /* the tuples of bytes that `words` point into */
    Word *words[NAMING];
    uint32_t words_count[NAMING];
    size_t longest, most;
    Names spellings; /* of the members that are read, by number */
    PyObject *text;  /* of the batch at hand */
    Buffer row, rows, spelling, reduced, numbers, times, unknown, scratch;
    int busy;
} Reader;

static uint32_t mark_of(const Reader *reader, uint32_t inside, const void *text, size_t size)
{
    for (uint32_t i = 1; i <= reader->marked_count; i++) {
        const Marked *one = &reader->marked[i];
        if (one->inside == inside && one->size == size && memcmp(one->text, text, size) == 0)
            return i;
    }
    return 0;
}

/* A name: a member of a record, or behind a NUL, which stands in no JSON text, a member of one before; 0 if that is not there. */
static int add_marked(Reader *reader, Text name, size_t size)
{
    Marked one = {name, size, 0, 0};
    Text nul = size ? memchr(name, 0, size) : NULL;
    if (nul) {
        one = (Marked){nul + 1, (size_t)(name + size - nul - 1), mark_of(reader, 0, name, (size_t)(nul - name)), 0};
        if (!one.inside)
            return 0;
        if (reader->marked_count < reader->asked)
            reader->marked[one.inside].is_whole = 0;
    }
    one.is_whole = reader->marked_count < reader->asked;
    reader->marked[++reader->marked_count] = one;
    return 1;
}

/* Where the evidence is among them; 0 if it is not there. */
static int find_members(Reader *reader)
{
    for (int i = 0; i < MEMBERS_COUNT; i++) {
        const char *dot = strchr(MEMBERS[i], '.'), *name = dot ? dot + 1 : MEMBERS[i];
        uint32_t inside = dot ? mark_of(reader, 0, MEMBERS[i], (size_t)(dot - MEMBERS[i])) : 0;
        reader->members[i] = dot && !inside ? 0 : mark_of(reader, inside, name, strlen(name));
        if (!reader->members[i])
            return 0;
    }
    return 1;
}

static int digits(Text here, int count)
{
    int number = 0;
    while (count--) {
        if (*here < '0' || *here > '9')
            return -1;
        number = 10 * number + (*here++ - '0');
    }
    return number;
}

/* Seconds since 1970 of "2023-07-10T12:00:00Z"; -1 for everything else, years before 1970 and behind 2099 included. */
static int64_t seconds_of(Text text, uint32_t begin)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    Text at = text + begin + 1;
    if (!begin || strnlen((const char *)at, 21) < 21 || at[-1] != '"' || at[4] != '-' || at[7] != '-' || at[10] != 'T' ||
        at[13] != ':' || at[16] != ':' || at[19] != 'Z' || at[20] != '"')
        return -1;
    int year = digits(at, 4), month = digits(at + 5, 2), day = digits(at + 8, 2);
    int hour = digits(at + 11, 2), minute = digits(at + 14, 2), second = digits(at + 17, 2);
    if (year < 1970 || year > 2099 || month < 1 || month > 12 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return -1;
    int leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0), is_february = month == 2;
    if (day < 1 || day > before[month] - before[month - 1] + (leaps && is_february))
        return -1;
    int64_t earlier = year - 1;
    int64_t days = 365 * earlier + earlier / 4 - earlier / 100 + earlier / 400 - 719162;
    days += before[month - 1] + (leaps && month > 2) + day - 1;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

static int append_member(Buffer *spelling, const Marked *name)
{
    return (spelling->bytes[spelling->size - 1] == '{' || append(spelling, ",", 1)) && append(spelling, "\"", 1) &&
           append(spelling, name->text, name->size) && append(spelling, "\":", 2);
}

static int append_value(Buffer *spelling, Text value, Text end)
{
    Text behind = skip_value(value, end);
    return behind && append(spelling, value, (size_t)(behind - value));
}

/* The members that filters read, as they are spelled: of an object of which only some members are read no others. */
static int spell(Reader *reader, Text record, Text end, const uint32_t *marks)
{
    Buffer *spelling = &reader->spelling;
    int sound = append(spelling, "{", 1);
    for (uint32_t i = 1; i <= reader->asked && sound; i++) {
        const Marked *name = &reader->marked[i];
        if (name->inside || !marks[i])
            continue;
        sound = append_member(spelling, name);
        if (name->is_whole || record[marks[i]] != '{') {
            sound = sound && append_value(spelling, record + marks[i], end);
            continue;
        }
        sound = sound && append(spelling, "{", 1);
        for (uint32_t j = 1; j <= reader->asked && sound; j++)
            if (reader->marked[j].inside == i && marks[j])
                sound = append_member(spelling, &reader->marked[j]) && append_value(spelling, record + marks[j], end);
        sound = sound && append(spelling, "}", 1);
    }
    return sound && append(spelling, "}", 1);
}

/* The number of the spelling at hand; one that is met for the first time goes into the reduced text. */
static int number_spelling(Reader *reader)
{
    Names *known = &reader->spellings;
    Text text = reader->spelling.bytes;
    size_t size = reader->spelling.size;
    uint32_t hash = hash_of(text, size), number = find(known, text, size, hash);
    if (number == NONE) {
        number = insert(known, text, size, hash, 0);
        if (number == NONE || (reader->reduced.size > 12 && !append(&reader->reduced, ",", 1)) ||
            !append(&reader->reduced, text, size))
            return 0;
    }
    return append_code(&reader->numbers, number);
}

/* One record of the text: its members, its time, and how those that are read are spelled; one whose marks do not tell all
 * is spelled as it is. */
static int read_record(Reader *reader, Text text, size_t begin, size_t end, const uint32_t *marks)
{
    Row row = {{(uint32_t)begin, (uint32_t)end}, {0}, marks[0] != 0};
    if (text[begin] != '{' || text[end - 1] != '}')
        return 0;
    for (uint32_t i = 1; i <= reader->marked_count; i++)
        if (marks[i] >= end - begin)
            return 0;
    for (int i = 0; i < MEMBERS_COUNT; i++) {
        uint32_t mark = marks[reader->members[i]];
        row.members[i] = mark ? row.record.begin + mark : 0;
    }
    reader->spelling.size = 0;
    if (!(row.is_odd ? append(&reader->spelling, text + begin, end - begin) : spell(reader, text + begin, text + end, marks)))
        return 0;
    int64_t time = row.is_odd ? -1 : seconds_of(text, row.members[EVENT_TIME]);
    return number_spelling(reader) && append(&reader->times, &time, sizeof time) && append(&reader->rows, &row, sizeof row);
}

/* ---- The evidence of a record --------------------------------------------------------------------------------- */

enum { KNOWN, ODD, NO_MEMORY };

static int is_string(Text text, uint32_t begin)
{
    return begin && text[begin] == '"';
}

/* The characters of a string as they are, cut to the longest that is kept; what is not a string is empty. */
static int plain(const Reader *reader, Text text, uint32_t begin, Text end, Span *found)
{
    int is_escaped = 0;
    *found = (Span){0, 0};
    if (!is_string(text, begin))
        return KNOWN;
    Text behind = skip_string(text + begin + 1, end, &is_escaped);
    if (!behind || is_escaped)
        return ODD;
    *found = (Span){begin + 1, (uint32_t)(behind - text) - 1};
    if (found->end - found->begin > reader->longest) {
        for (size_t i = 0; i <= reader->longest; i++)
            if (text[found->begin + i] & 128)
                return ODD;
        found->end = found->begin + (uint32_t)reader->longest;
    }
    return KNOWN;
}

typedef struct {
    Span values[COLUMNS - 1];
    Span stated[MAX_STATED];
    int stated_count;
} Told;

/* The ARN of one of the `resources`: "ARN", or where that says nothing "arn". */
static int read_arn(const Reader *reader, Text text, Text *here, Text end, Span *found)
{
    uint32_t begins[2] = {0, 0};
    Span values[2];
    Member member;
    int more;
    ++*here;
    while ((more = next_member(here, end, &member)) > 0) {
        if (member.escaped)
            return ODD;
        for (int i = 0; i < 2; i++)
            if (is_key(&member, i ? "arn" : "ARN", 3))
                begins[i] = (uint32_t)(member.value - text);
    }
    if (more < 0)
        return ODD;
    for (int i = 0; i < 2; i++) {
        if (begins[i] && text[begins[i]] != '"' && text[begins[i]] != 'n')
            return ODD; /* neither a string nor null */
        if (plain(reader, text, begins[i], end, &values[i]) == ODD)
            return ODD;
    }
    *found = values[0].end > values[0].begin ? values[0] : values[1];
    return KNOWN;
}

static int read_resources(const Reader *reader, Text text, uint32_t resources, Text end, Told *told)
{
    if (!resources || text[resources] != '[')
        return KNOWN;
    Text here = text + resources + 1;
    for (;;) {
        here = skip_blanks(here);
        if (*here == ',')
            here = skip_blanks(here + 1);
        if (*here == ']')
            return KNOWN;
        if (*here != '{') { /* is none */
            if (!(here = skip_value(here, end)))
                return ODD;
            continue;
        }
        Span arn = {0, 0};
        if (read_arn(reader, text, &here, end, &arn) == ODD)
            return ODD;
        int is_new = arn.end > arn.begin;
        for (int i = 0; i < told->stated_count && is_new; i++)
            is_new = told->stated[i].end - told->stated[i].begin != arn.end - arn.begin ||
                     memcmp(text + told->stated[i].begin, text + arn.begin, arn.end - arn.begin) != 0;
        if (!is_new)
            continue;
        told->stated[told->stated_count++] = arn;
        if ((size_t)told->stated_count == reader->most || told->stated_count == MAX_STATED)
            return KNOWN;
    }
}

static int read_told(const Reader *reader, Text text, const Row *row, Told *told)
{
    static const int principals[] = {ARN, USER_NAME, INVOKED_BY, PRINCIPAL_ID, ACCOUNT_ID, TYPE};
    static const int columns[COLUMNS - 1] = {-1, TYPE, EVENT_NAME, EVENT_SOURCE, ERROR_CODE, ADDRESS, USER_AGENT, REGION, RECIPIENT};
    Text end = text + row->record.end;
    memset(told, 0, sizeof *told);
    if (row->is_odd)
        return ODD;
    for (int i = 1; i < COLUMNS - 1; i++) {
        int member = columns[i] == RECIPIENT && !is_string(text, row->members[RECIPIENT]) ? ACCOUNT_ID : columns[i];
        if (plain(reader, text, row->members[member], end, &told->values[i]) == ODD)
            return ODD;
    }
    for (int i = 0; i < 6 && told->values[0].end == told->values[0].begin; i++)
        if (plain(reader, text, row->members[principals[i]], end, &told->values[0]) == ODD)
            return ODD;
    return read_resources(reader, text, row->members[RESOURCES], end, told);
}

static int append_span(Buffer *buffer, Text text, Span span)
{
    return append(buffer, text + span.begin, span.end - span.begin);
}

/* Whether parameters name nothing, whatever the record says otherwise. */
static int names_nothing(Text text, uint32_t parameters)
{
    return !parameters || text[parameters] == 'n' || (text[parameters] == '{' && text[parameters + 1] == '}');
}

/* A value with its quotes or brackets; empty where there is none. */
static Span whole(Text text, uint32_t begin, Text end)
{
    Text behind = begin ? skip_value(text + begin, end) : NULL;
    return behind ? (Span){begin, (uint32_t)(behind - text)} : (Span){0, 0};
}

static int is_one_of(const Reader *reader, int naming, const Member *member)
{
    size_t size = (size_t)(member->key_end - member->key);
    for (uint32_t i = 0; i < reader->words_count[naming]; i++) {
        const Word *word = &reader->words[naming][i];
        if ((size == word->size || (naming == ENDINGS && size > word->size)) &&
            member->key_end[-1] == word->text[word->size - 1] && memcmp(member->key_end - word->size, word->text, word->size) == 0)
            return 1;
    }
    return 0;
}

/* One more of the names from `begin` on, which are joined by NUL, unless it is empty or one of them. */
static int add_name(Buffer *names, size_t begin, size_t *count, Text name, size_t size)
{
    for (size_t at = begin, next; at < names->size; at = next + 1) {
        Text nul = memchr(names->bytes + at, 0, names->size - at);
        next = nul ? (size_t)(nul - names->bytes) : names->size;
        if (next - at == size && memcmp(names->bytes + at, name, size) == 0)
            return 1;
    }
    if (!size)
        return 1;
    ++*count;
    return (names->size == begin || append(names, "", 1)) && append(names, name, size);
}

/* Whether a string does or may begin with "arn:". */
static int may_be_arn(Text value)
{
    static const char beginning[] = "\"arn:";
    for (size_t i = 0; i < sizeof beginning - 1; i++)
        if (value[i] != (uint8_t)beginning[i])
            return value[i] == '\\';
    return 1;
}

/* The members of parameters that are no objects in objects, and whether all are; of each key one. */
static int read_parameters(Text here, Text end, Member *members, int *count)
{
    int more;
    while ((more = next_member(&here, end, &members[*count])) > 0) {
        const Member *last = &members[*count];
        Text inside = skip_blanks(last->value + 1);
        if (last->escaped || ((*last->value == '{' || *last->value == '[') && *inside != '}' && *inside != ']'))
            return ODD;
        for (int i = 0; i < *count; i++)
            if (is_key(last, (const char *)members[i].key, (size_t)(members[i].key_end - members[i].key)))
                return ODD;
        if (++*count == MAX_PARAMETERS)
            return ODD;
    }
    return more ? ODD : KNOWN;
}

/* A bucket and a key in it are one name: the first, cut to the longest that is kept. */
static int add_object(const Reader *reader, Buffer *names, Text text, Span bucket, Span key)
{
    size_t begin = names->size;
    if (!append(names, text + bucket.begin, bucket.end - bucket.begin) || !append(names, "/", 1) ||
        !append(names, text + key.begin, key.end - key.begin))
        return NO_MEMORY;
    if (names->size - begin > reader->longest) {
        for (size_t i = begin; i < names->size; i++)
            if (names->bytes[i] & 128)
                return ODD;
        names->size = begin + reader->longest;
    }
    return KNOWN;
}

/* What flat parameters name, joined by NUL, behind what is in `names`: `detector.cloudtrail.record.named`. */
static int read_named(const Reader *reader, Buffer *names, Text text, uint32_t parameters, Text end)
{
    Member members[MAX_PARAMETERS];
    Span values[MAX_PARAMETERS];
    int is_alone[MAX_PARAMETERS], members_count = 0, has_value = 0, bucket = -1, key = -1, outcome = KNOWN;
    size_t begin = names->size, count = 0;
    if (text[parameters] != '{' || read_parameters(text + parameters + 1, end, members, &members_count) == ODD)
        return ODD;
    for (int i = 0; i < members_count; i++) {
        const Member *member = &members[i];
        int is_object = is_key(member, "key", 3);
        is_alone[i] = is_one_of(reader, ALONE, member);
        has_value |= is_one_of(reader, VALUES, member);
        int is_name = (is_alone[i] || is_one_of(reader, ENDINGS, member)) && !is_one_of(reader, OTHERS, member);
        values[i] = (Span){0, 0};
        if (*member->value != '"' || !(is_name || is_object || may_be_arn(member->value)))
            continue;
        if (plain(reader, text, (uint32_t)(member->value - text), end, &values[i]) == ODD)
            return ODD;
        bucket = is_key(member, "bucketName", 10) ? i : bucket;
        key = is_object ? i : key;
    }
    if (bucket >= 0 && key >= 0) {
        outcome = add_object(reader, names, text, values[bucket], values[key]);
        count = 1;
    }
    for (int i = 0; i < members_count && outcome == KNOWN && count < reader->most; i++)
        if (!(has_value && is_alone[i]) && (i != key || may_be_arn(members[i].value)) &&
            !add_name(names, begin, &count, text + values[i].begin, values[i].end - values[i].begin))
            outcome = NO_MEMORY;
    return outcome;
}

/* The resources into their column: those that are stated, else what the parameters are known to name. `scratch` holds, for those
 * that are not known, what they depend on. */
static int take_resources(Reader *reader, Column *column, Text text, const Row *row, const Told *told, Unknown *unknown)
{
    Buffer *scratch = &reader->scratch;
    size_t begin = scratch->size;
    uint32_t parameters = row->members[PARAMETERS], message = row->members[MESSAGE];
    Text end = text + row->record.end;
    int sound = 1;
    if (told->stated_count || (names_nothing(text, parameters) && !is_string(text, message))) {
        for (int i = 0; i < told->stated_count && sound; i++)
            sound = (!i || append(scratch, "", 1)) && append_span(scratch, text, told->stated[i]);
        sound = sound && reserve(scratch, begin + 1) && add_value(column, scratch->bytes + begin, scratch->size - begin);
        scratch->size = begin;
        return sound ? KNOWN : NO_MEMORY;
    }
    int outcome = parameters ? read_named(reader, scratch, text, parameters, end) : ODD;
    if (outcome == KNOWN && (scratch->size > begin || !is_string(text, message)))
        outcome = reserve(scratch, begin + 1) && add_value(column, scratch->bytes + begin, scratch->size - begin) ? KNOWN : NO_MEMORY;
    else if (outcome == KNOWN)
        outcome = ODD; /* the message may name some */
    scratch->size = begin;
    if (outcome != ODD)
        return outcome;
    sound = append_span(scratch, text, whole(text, parameters, end)) && append(scratch, "", 1);
    if (is_string(text, message)) /* the message may name the principal, which is left out */
        sound = sound && append_span(scratch, text, whole(text, message, end)) && append(scratch, "", 1) && append_span(scratch, text, told->values[0]);
    if (!sound)
        return NO_MEMORY;
    Text spelled = scratch->bytes + begin;
    size_t size = scratch->size - begin;
    uint32_t known = find(&column->spelled, spelled, size, hash_of(spelled, size));
    if (known != NONE) {
        scratch->size = begin;
        return append_code(&column->codes, name_at(&column->spelled, known)->code) ? KNOWN : NO_MEMORY;
    }
    unknown->spelled = begin;
    unknown->spelled_size = size;
    return append_code(&column->codes, 0) ? ODD : NO_MEMORY;
}

static int take_row(Reader *reader, Column **columns, Text text, const Row *row, uint32_t number)
{
    Told told;
    Unknown unknown = {number, row->record, 0, 0};
    int outcome = read_told(reader, text, row, &told);
    if (outcome == ODD) {
        for (int i = 0; i < COLUMNS; i++)
            if (columns[i] && !append_code(&columns[i]->codes, 0))
                return 0;
    } else {
        for (int i = 0; i < COLUMNS - 1; i++)
            if (columns[i] && !add_value(columns[i], text + told.values[i].begin, told.values[i].end - told.values[i].begin))
                return 0;
        if (columns[COLUMNS - 1])
            outcome = take_resources(reader, columns[COLUMNS - 1], text, row, &told, &unknown);
    }
    return outcome != NO_MEMORY && (outcome == KNOWN || append(&reader->unknown, &unknown, sizeof unknown));
}

/* ---- What Python sees: a column ------------------------------------------------------------------------------- */

static PyTypeObject *column_type;

static int is_free(int busy)
{
    if (busy)
        PyErr_SetString(PyExc_RuntimeError, "expected one thread at a time, each with columns and a Reader of its own");
    return !busy;
}

static int value_of(PyObject *value, Text *text, size_t *size)
{
    Py_ssize_t length;
    const char *bytes = PyUnicode_AsUTF8AndSize(value, &length);
    if (!bytes)
        return 0;
    if (length >= (Py_ssize_t)(UINT32_MAX / 2)) {
        PyErr_SetString(PyExc_ValueError, "expected a shorter value");
        return 0;
    }
    *text = (Text)bytes;
    *size = (size_t)length;
    return 1;
}

static int add_values(Column *self, PyObject *values)
{
    PyObject *iterator = PyObject_GetIter(values), *value;
    int sound = iterator != NULL;
    while (sound && (value = PyIter_Next(iterator))) {
        Text text;
        size_t size;
        sound = value_of(value, &text, &size);
        if (sound && !add_value(self, text, size)) {
            PyErr_NoMemory();
            sound = 0;
        }
        Py_DECREF(value);
    }
    Py_XDECREF(iterator);
    return sound && !PyErr_Occurred();
}

/* What another column gave away with `__reduce__`. */
typedef struct {
    const char *joined, *sizes, *bound, *codes;
    Py_ssize_t joined_size, sizes_size, bound_size, codes_size;
} Given;

/* 1 if it is restored, 0 if these are no names and codes, -1 without memory. */
static int restore(Column *self, const Given *given)
{
    Text text = (Text)given->joined, end = text + given->joined_size;
    for (Py_ssize_t i = 0; i + 4 <= given->sizes_size; i += 4) {
        int32_t size;
        memcpy(&size, given->sizes + i, 4);
        if (size > end - text)
            return 0;
        int alive = size >= 0;
        size_t length = alive ? (size_t)size : 0;
        Name name = {self->names.bytes.size, (uint32_t)length, hash_of(text, length), (uint32_t)names_count(&self->names), alive};
        if (!append(&self->names.bytes, text, length) || !append(&self->names.names, &name, sizeof name))
            return -1; /* what is not alive is in no slot: all of it has one hash */
        self->alive += (size_t)alive;
        text += length;
    }
    if (given->bound) {
        self->has_bound = 1;
        self->bound_crc = crc_of((Text)given->bound, (size_t)given->bound_size);
        if (!append(&self->bound, given->bound, (size_t)given->bound_size))
            return -1;
    }
    for (Py_ssize_t i = 0; i + 4 <= given->codes_size; i += 4) {
        uint32_t code;
        memcpy(&code, given->codes + i, 4);
        if (code >= names_count(&self->names))
            return 0;
    }
    return append(&self->codes, given->codes, (size_t)given->codes_size / 4 * 4) && place_all(&self->names) ? 1 : -1;
}

static PyObject *column_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"most", "joined", "sizes", "bound", "codes", NULL};
    Py_ssize_t most;
    Given given = {"", "", NULL, "", 0, 0, 0, 0};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "n|y#y#z#y#", names, &most, &given.joined, &given.joined_size, &given.sizes,
                                     &given.sizes_size, &given.bound, &given.bound_size, &given.codes, &given.codes_size))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Column *self = (Column *)allocate(type, 0); /* all zero */
    if (!self)
        return NULL;
    self->most = most > 0 ? (size_t)most : 1;
    Name others = {0, 0, 0, 0, 0};
    int sound = reserve(&self->codes, 1) && append(&self->names.names, &others, sizeof others) && place_all(&self->names) ? 1 : -1;
    if (sound == 1)
        sound = restore(self, &given);
    if (sound == 1)
        return (PyObject *)self;
    Py_DECREF(self);
    if (sound == -1)
        return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "expected the names of a column and their codes");
    return NULL;
}

static void column_dealloc(PyObject *object)
{
    Column *self = (Column *)object;
    PyTypeObject *type = Py_TYPE(object);
    release(&self->names);
    release(&self->spelled);
    free(self->codes.bytes);
    free(self->bound.bytes);
    freefunc give_back = (freefunc)PyType_GetSlot(type, Py_tp_free);
    give_back(object);
    Py_DECREF(type);
}

static Py_ssize_t column_length(PyObject *object)
{
    return (Py_ssize_t)(((Column *)object)->codes.size / 4);
}

static PyObject *column_extend(PyObject *object, PyObject *values)
{
    Column *self = (Column *)object;
    if (!is_free(self->busy))
        return NULL;
    self->busy = 1; /* an iterator could be anything */
    int sound = add_values(self, values);
    self->busy = 0;
    return sound ? Py_NewRef(Py_None) : NULL;
}

static PyObject *column_put(PyObject *object, PyObject *args)
{
    Column *self = (Column *)object;
    Py_ssize_t row, spelled_size = 0;
    PyObject *value;
    const char *spelled = NULL;
    Text text;
    size_t size;
    if (!PyArg_ParseTuple(args, "nU|z#", &row, &value, &spelled, &spelled_size) || !is_free(self->busy) ||
        !value_of(value, &text, &size))
        return NULL;
    if (row < 0 || row >= column_length(object)) {
        PyErr_SetString(PyExc_IndexError, "expected the number of a row");
        return NULL;
    }
    uint32_t code = code_of(self, text, size);
    if (code == NONE)
        return PyErr_NoMemory();
    memcpy(self->codes.bytes + 4 * row, &code, 4);
    if (spelled && spelled_size < MAX_SPELLED / 8) {
        size_t length = (size_t)spelled_size;
        if (self->spelled.bytes.size + length > MAX_SPELLED)
            forget(&self->spelled);
        uint32_t hash = hash_of((Text)spelled, length);
        if (find(&self->spelled, (Text)spelled, length, hash) == NONE &&
            insert(&self->spelled, (Text)spelled, length, hash, code) == NONE)
            return PyErr_NoMemory();
    }
    return Py_NewRef(Py_None);
}

static PyObject *column_take_in(PyObject *object, PyObject *other)
{
    Column *self = (Column *)object, *theirs = (Column *)other;
    if (Py_TYPE(other) != column_type || other == object) {
        PyErr_SetString(PyExc_TypeError, "expected another Column");
        return NULL;
    }
    if (!is_free(self->busy) || !is_free(theirs->busy))
        return NULL;
    size_t count = names_count(&theirs->names), rows = theirs->codes.size / 4;
    uint32_t *ours = calloc(count, sizeof *ours);
    int sound = ours != NULL;
    for (size_t i = 1; i < count && sound; i++) {
        Name *name = name_at(&theirs->names, i);
        if (name->alive) {
            ours[i] = code_of(self, theirs->names.bytes.bytes + name->begin, name->size);
            sound = ours[i] != NONE;
        }
    }
    for (size_t i = 0; i < rows && sound; i++) {
        uint32_t code;
        memcpy(&code, theirs->codes.bytes + 4 * i, 4);
        sound = append_code(&self->codes, ours[code]);
    }
    free(ours);
    return sound ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static PyObject *column_prune(PyObject *object, PyObject *nothing)
{
    Column *self = (Column *)object;
    (void)nothing;
    if (!is_free(self->busy))
        return NULL;
    return prune(self) ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static PyObject *name_object(const Column *self, size_t code)
{
    const Name *name = name_at(&self->names, code);
    if (!name->alive)
        return Py_NewRef(Py_None);
    return PyUnicode_DecodeUTF8((const char *)self->names.bytes.bytes + name->begin, (Py_ssize_t)name->size, "replace");
}

static PyObject *column_names(PyObject *object, PyObject *nothing)
{
    Column *self = (Column *)object;
    size_t count = names_count(&self->names);
    PyObject *list = PyList_New((Py_ssize_t)count);
    (void)nothing;
    for (size_t i = 0; i < count && list; i++) {
        PyObject *name = name_object(self, i);
        if (!name || PyList_SetItem(list, (Py_ssize_t)i, name) < 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *column_codes(PyObject *object, PyObject *nothing)
{
    Column *self = (Column *)object;
    (void)nothing;
    return PyBytes_FromStringAndSize((const char *)self->codes.bytes, (Py_ssize_t)self->codes.size);
}

static PyObject *column_name(PyObject *object, PyObject *number)
{
    Column *self = (Column *)object;
    Py_ssize_t row = PyLong_AsSsize_t(number);
    if (row == -1 && PyErr_Occurred())
        return NULL;
    if (row < 0 || row >= column_length(object)) {
        PyErr_SetString(PyExc_IndexError, "expected the number of a row");
        return NULL;
    }
    uint32_t code;
    memcpy(&code, self->codes.bytes + 4 * row, 4);
    return name_object(self, code);
}

static PyObject *column_reduce(PyObject *object, PyObject *nothing)
{
    Column *self = (Column *)object;
    Names *names = &self->names;
    size_t count = names_count(names);
    PyObject *sizes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(4 * (count - 1)));
    (void)nothing;
    if (!sizes || !reserve(&names->bytes, 0)) {
        Py_XDECREF(sizes);
        return PyErr_NoMemory();
    }
    char *to = PyBytes_AsString(sizes);
    for (size_t i = 1; i < count; i++) { /* the values lie in the order of their codes, and nothing between them */
        int32_t size = name_at(names, i)->alive ? (int32_t)name_at(names, i)->size : -1;
        memcpy(to + 4 * (i - 1), &size, 4);
    }
    return Py_BuildValue("(O(ny#Nz#y#))", Py_TYPE(object), (Py_ssize_t)self->most, (char *)names->bytes.bytes,
                         (Py_ssize_t)names->bytes.size, sizes, self->has_bound ? (char *)self->bound.bytes : NULL,
                         (Py_ssize_t)self->bound.size, (char *)self->codes.bytes, (Py_ssize_t)self->codes.size);
}

static PyMethodDef column_methods[] = {
    {"extend", column_extend, METH_O, "extend(values): a row for each"},
    {"put", column_put, METH_VARARGS, "put(row, value, spelled=None): the value of a row, and what it is spelled as"},
    {"take_in", column_take_in, METH_O, "take_in(column): its rows behind ours"},
    {"prune", column_prune, METH_NOARGS, "prune(): keep so many values"},
    {"names", column_names, METH_NOARGS, "names() -> the values by code; None for those that are not kept apart"},
    {"codes", column_codes, METH_NOARGS, "codes() -> uint32 for each row"},
    {"name", column_name, METH_O, "name(row) -> its value"},
    {"__reduce__", column_reduce, METH_NOARGS, ""},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot column_slots[] = {
    {Py_tp_new, column_new}, {Py_tp_dealloc, column_dealloc}, {Py_tp_methods, column_methods},
    {Py_sq_length, column_length}, {0, NULL},
};

static PyType_Spec column_spec = {"detector.metrics._evidence.Column", sizeof(Column), 0, Py_TPFLAGS_DEFAULT, column_slots};

/* ---- What Python sees: a reader ------------------------------------------------------------------------------- */

static int take_words(Reader *self, PyObject *naming)
{
    if (PyTuple_Size(naming) != NAMING) {
        PyErr_Format(PyExc_ValueError, "expected %d tuples of keys", NAMING);
        return 0;
    }
    for (int i = 0; i < NAMING; i++) {
        PyObject *words = PyTuple_GetItem(naming, i);
        Py_ssize_t count = PyTuple_Size(words); /* -1 for what is no tuple */
        if (count < 0)
            return 0;
        if (!(self->words[i] = calloc((size_t)count + 1, sizeof *self->words[i]))) {
            PyErr_NoMemory();
            return 0;
        }
        for (Py_ssize_t j = 0; j < count; j++) {
            char *bytes;
            Py_ssize_t size;
            if (PyBytes_AsStringAndSize(PyTuple_GetItem(words, j), &bytes, &size) < 0)
                return 0;
            if (size == 0) {
                PyErr_SetString(PyExc_ValueError, "expected keys of at least one character");
                return 0;
            }
            self->words[i][self->words_count[i]++] = (Word){(Text)bytes, (size_t)size};
        }
    }
    return 1;
}

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *words[] = {"marked", "asked", "naming", "longest", "most", NULL};
    PyObject *names, *naming;
    Py_ssize_t asked, longest, most;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O!nO!nn", words, &PyTuple_Type, &names, &asked, &PyTuple_Type, &naming,
                                     &longest, &most))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Reader *self = (Reader *)allocate(type, 0); /* all zero */
    if (!self)
        return NULL;
    Py_ssize_t count = PyTuple_Size(names);
    self->names = Py_NewRef(names);
    self->naming = Py_NewRef(naming);
    self->asked = asked < 0 ? 0 : asked < count ? (uint32_t)asked : (uint32_t)count;
    self->longest = longest > 0 ? (size_t)longest : 0;
    self->most = most > 0 ? (size_t)most : 1;
    self->marked = calloc((size_t)count + 1, sizeof *self->marked);
    if (!self->marked) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    int sound = 1;
    for (Py_ssize_t i = 0; i < count && sound; i++) {
        char *bytes;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(names, i), &bytes, &size) < 0) {
            Py_DECREF(self);
            return NULL;
        }
        sound = add_marked(self, (Text)bytes, (size_t)size);
    }
    if (!take_words(self, naming)) {
        Py_DECREF(self);
        return NULL;
    }
    if (sound && find_members(self))
        return (PyObject *)self;
    Py_DECREF(self);
    PyErr_SetString(PyExc_ValueError, "expected a member before its own members, and all that are evidence");
    return NULL;
}

static void reader_dealloc(PyObject *object)
{
    Reader *self = (Reader *)object;
    PyTypeObject *type = Py_TYPE(object);
    Buffer *buffers[] = {&self->row, &self->rows, &self->spelling, &self->reduced, &self->numbers, &self->times, &self->unknown, &self->scratch};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        free(buffers[i]->bytes);
    free(self->marked);
    for (int i = 0; i < NAMING; i++)
        free(self->words[i]);
    Py_XDECREF(self->naming);
    release(&self->spellings);
    Py_XDECREF(self->names);
    Py_XDECREF(self->text);
    freefunc give_back = (freefunc)PyType_GetSlot(type, Py_tp_free);
    give_back(object);
    Py_DECREF(type);
}

static PyObject *reader_read(PyObject *object, PyObject *args)
{
    Reader *self = (Reader *)object;
    PyObject *text;
    const char *places, *marks;
    Py_ssize_t places_size, marks_size, answered;
    if (!PyArg_ParseTuple(args, "Sy#y#n", &text, &places, &places_size, &marks, &marks_size, &answered) || !is_free(self->busy))
        return NULL;
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(text, &bytes, &size) < 0)
        return NULL;
    if ((uint64_t)size >= UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "expected less than 4 GB");
        return NULL;
    }
    Py_XDECREF(self->text);
    self->text = Py_NewRef(text);
    self->busy = 1;
    self->rows.size = self->reduced.size = self->numbers.size = self->times.size = 0;
    if (answered < 0 || (size_t)answered != names_count(&self->spellings) || (size_t)answered > MAX_SPELLINGS ||
        self->spellings.bytes.size > MAX_SPELLED)
        forget(&self->spellings);
    size_t first = names_count(&self->spellings), row_size = 4 * ((size_t)self->marked_count + 1);
    int sound = (size_t)marks_size / row_size == (size_t)places_size / 24 && reserve(&self->row, row_size) && append(&self->reduced, "{\"Records\":[", 12) && reserve(&self->times, 1) && reserve(&self->numbers, 1);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i + 24 <= places_size && sound; i += 24) {
        int64_t place[3]; /* position, beginning, end */
        memcpy(place, places + i, sizeof place);
        memcpy(self->row.bytes, marks + (size_t)i / 24 * row_size, row_size);
        sound = 0 < place[1] && place[1] < place[2] && place[2] <= size &&
                read_record(self, (Text)bytes, (size_t)place[1], (size_t)place[2], (const uint32_t *)self->row.bytes);
    }
    sound = sound && append(&self->reduced, "]}", 2);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    if (!sound) {
        self->rows.size = 0;
        PyErr_SetString(PyExc_ValueError, "expected records as the native scan gives them");
        return NULL;
    }
    return Py_BuildValue("y#ny#y#", (char *)self->reduced.bytes, (Py_ssize_t)self->reduced.size, (Py_ssize_t)first,
                         (char *)self->numbers.bytes, (Py_ssize_t)self->numbers.size, (char *)self->times.bytes,
                         (Py_ssize_t)self->times.size);
}

/* The eventIDs of some records, joined by NUL, "" where there is none; 0 without memory, -1 where one is spelled with an escape. */
static int join_ids(const Reader *self, Buffer *joined, const uint32_t *wanted, size_t count)
{
    Text text = (Text)PyBytes_AsString(self->text);
    joined->size = 0;
    for (size_t i = 0; i < count; i++) {
        const Row *row = (const Row *)self->rows.bytes + wanted[i];
        uint32_t begin = row->members[EVENT_ID];
        int is_escaped = 0;
        if (i && !append(joined, "", 1))
            return 0;
        if (row->is_odd)
            return -1;
        if (!is_string(text, begin))
            continue;
        Text behind = skip_string(text + begin + 1, text + row->record.end, &is_escaped);
        if (!behind || is_escaped)
            return -1;
        if (!append_span(joined, text, (Span){begin + 1, (uint32_t)(behind - text) - 1}))
            return 0;
    }
    return reserve(joined, 1);
}

static PyObject *unknown_of(const Reader *self)
{
    size_t count = self->unknown.size / sizeof(Unknown);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; i < count && list; i++) {
        const Unknown *one = (const Unknown *)self->unknown.bytes + i;
        const char *spelled = one->spelled_size ? (char *)self->scratch.bytes + one->spelled : NULL;
        PyObject *item = Py_BuildValue("IIIy#", one->row, one->record.begin, one->record.end, spelled ? spelled : "",
                                       (Py_ssize_t)one->spelled_size);
        if (!item || PyList_SetItem(list, (Py_ssize_t)i, item) < 0)
            Py_CLEAR(list);
    }
    return list;
}

/* NULL stands for a column that is not kept, which is None. */
static int columns_of(PyObject *tuple, Column **columns)
{
    int sound = PyTuple_Check(tuple) && PyTuple_Size(tuple) == COLUMNS;
    for (int i = 0; i < COLUMNS && sound; i++) {
        PyObject *column = PyTuple_GetItem(tuple, i);
        columns[i] = NULL;
        if (column == Py_None)
            continue;
        sound = Py_TYPE(column) == column_type && !((Column *)column)->busy;
        columns[i] = (Column *)column;
        for (int j = 0; j < i && sound; j++)
            sound = columns[j] != columns[i];
    }
    if (!sound)
        PyErr_Format(PyExc_TypeError, "expected a tuple of %d different columns that are not in use", COLUMNS);
    return sound;
}

/* The rows that are asked for, which must be some of the batch. */
static const uint32_t *wanted_of(const Reader *self, const char *wanted, size_t count)
{
    size_t rows = self->rows.size / sizeof(Row);
    uint32_t *numbers = malloc(count * sizeof *numbers + 1);
    if (!numbers) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(numbers, wanted, count * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        if (numbers[i] >= rows) {
            free(numbers);
            PyErr_SetString(PyExc_IndexError, "expected numbers of records of the batch");
            return NULL;
        }
    return numbers;
}

static int has_read(const Reader *self)
{
    if (!self->text)
        PyErr_SetString(PyExc_RuntimeError, "expected a batch that was read");
    return self->text != NULL;
}

static PyObject *reader_take(PyObject *object, PyObject *args)
{
    Reader *self = (Reader *)object;
    Column *columns[COLUMNS];
    PyObject *tuple;
    const char *given;
    Py_ssize_t given_size;
    if (!PyArg_ParseTuple(args, "Oy#", &tuple, &given, &given_size) || !is_free(self->busy) || !columns_of(tuple, columns) ||
        !has_read(self))
        return NULL;
    size_t count = (size_t)given_size / 4, before[COLUMNS];
    const uint32_t *wanted = wanted_of(self, given, count);
    if (!wanted)
        return NULL;
    Text text = (Text)PyBytes_AsString(self->text);
    int sound = 1;
    self->busy = 1;
    for (int i = 0; i < COLUMNS; i++)
        if (columns[i]) {
            columns[i]->busy = 1;
            before[i] = columns[i]->codes.size;
        }
    self->unknown.size = self->scratch.size = 0;
    Py_BEGIN_ALLOW_THREADS
    for (size_t i = 0; i < count && sound; i++)
        sound = take_row(self, columns, text, (const Row *)self->rows.bytes + wanted[i], (uint32_t)i);
    Py_END_ALLOW_THREADS
    PyObject *unknown = sound ? unknown_of(self) : PyErr_NoMemory();
    for (int i = 0; i < COLUMNS; i++)
        if (columns[i]) {
            columns[i]->busy = 0;
            if (!unknown)
                columns[i]->codes.size = before[i];
        }
    self->busy = 0;
    free((void *)wanted);
    return unknown;
}

static PyObject *reader_ids(PyObject *object, PyObject *args)
{
    Reader *self = (Reader *)object;
    const char *given;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "y#", &given, &size) || !is_free(self->busy) || !has_read(self))
        return NULL;
    const uint32_t *wanted = wanted_of(self, given, (size_t)size / 4);
    if (!wanted)
        return NULL;
    int outcome = join_ids(self, &self->spelling, wanted, (size_t)size / 4);
    free((void *)wanted);
    if (outcome < 0)
        return Py_NewRef(Py_None);
    return outcome ? PyUnicode_FromStringAndSize((const char *)self->spelling.bytes, (Py_ssize_t)self->spelling.size)
                   : PyErr_NoMemory();
}

static PyObject *reader_flagged(PyObject *object, PyObject *flags)
{
    Reader *self = (Reader *)object;
    char *flag;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(flags, &flag, &size) < 0 || !is_free(self->busy))
        return NULL;
    if ((size_t)size != names_count(&self->spellings)) {
        PyErr_SetString(PyExc_ValueError, "expected a flag for each spelling");
        return NULL;
    }
    size_t count = self->numbers.size / 4;
    PyObject *rows = PyBytes_FromStringAndSize(NULL, self->numbers.size ? (Py_ssize_t)self->numbers.size : 4);
    if (!rows)
        return NULL;
    char *to = PyBytes_AsString(rows), *start = to;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number;
        memcpy(&number, self->numbers.bytes + 4 * (size_t)i, 4);
        memcpy(to, &i, 4);
        to += flag[number] ? 4 : 0;
    }
    PyObject *found = PyBytes_FromStringAndSize(start, to - start);
    Py_DECREF(rows);
    return found;
}

static PyMethodDef reader_methods[] = {
    {"read", reader_read, METH_VARARGS, "read(text, places, marks, spellings answered) -> (a log file of the new ones, the number of its first, uint32 numbers, int64 times or -1)"},
    {"flagged", reader_flagged, METH_O, "flagged(a byte for each spelling) -> uint32 rows of the batch whose spelling has one"},
    {"ids", reader_ids, METH_VARARGS, "ids(uint32 numbers) -> their eventIDs, joined by NUL; None where one has an escape"},
    {"take", reader_take, METH_VARARGS,
     "take(columns, uint32 numbers) -> (number among them, begin, end, what its resources depend on) of those not understood"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_new, reader_new}, {Py_tp_dealloc, reader_dealloc}, {Py_tp_methods, reader_methods}, {0, NULL},
};

static PyType_Spec reader_spec = {"detector.metrics._evidence.Reader", sizeof(Reader), 0, Py_TPFLAGS_DEFAULT, reader_slots};

/* ---- What Python sees: items of arrays ------------------------------------------------------------------------ */

static PyObject *gather(const Py_buffer *column, const Py_buffer *places)
{
    size_t size = (size_t)column->itemsize, items = (size_t)column->len / size, count = (size_t)places->len / 4;
    PyObject *found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * size));
    char *to = found ? PyBytes_AsString(found) : NULL;
    for (size_t i = 0; i < count && found; i++) {
        uint32_t place;
        memcpy(&place, (const char *)places->buf + 4 * i, 4);
        if (place >= items) {
            PyErr_SetString(PyExc_IndexError, "expected places in the column");
            Py_CLEAR(found);
        } else if (size == 8)
            memcpy(to + 8 * i, (const char *)column->buf + 8 * (size_t)place, 8);
        else
            memcpy(to + size * i, (const char *)column->buf + size * place, size);
    }
    return found;
}

static PyObject *some(PyObject *module, PyObject *args)
{
    PyObject *given, *found = NULL;
    Py_buffer column, places;
    (void)module;
    if (!PyArg_ParseTuple(args, "Oy*", &given, &places))
        return NULL;
    if (PyObject_GetBuffer(given, &column, PyBUF_ND) == 0) {
        found = gather(&column, &places);
        PyBuffer_Release(&column);
    }
    PyBuffer_Release(&places);
    return found;
}

/* ---- What Python sees: rows that are ordered and counted ------------------------------------------------------ */

typedef struct {
    int64_t time;
    uint64_t where; /* the file in the upper half, the position in the lower */
    uint32_t place;
} Sorted;

static int is_before(const Sorted *a, const Sorted *b)
{
    return a->time != b->time ? a->time < b->time : a->where < b->where;
}

/* Merges what is in order from `begin` to `middle` and from there to `end` of `from`. */
static void merge_two(const Sorted *from, Sorted *to, size_t begin, size_t middle, size_t end)
{
    size_t left = begin, right = middle;
    for (size_t i = begin; i < end; i++)
        to[i] = left < middle && (right >= end || !is_before(from + right, from + left)) ? from[left++] : from[right++];
}

/* A merge of the stretches that are in order already, which are the matches of a file; what is equal keeps its order. Returns where
 * it ends up, one of the two, or NULL without memory. */
static Sorted *sort_all(Sorted *from, Sorted *to, size_t count)
{
    Buffer ends = {0};
    for (size_t i = 1; i <= count; i++)
        if ((i == count || is_before(from + i, from + i - 1)) && !append(&ends, &i, sizeof i)) {
            free(ends.bytes);
            return NULL;
        }
    size_t stretches = ends.size / sizeof(size_t), *end = (size_t *)ends.bytes;
    while (stretches > 1) {
        size_t begin = 0, left = 0;
        for (size_t i = 0; i < stretches; i += 2) {
            size_t last = i + 1 < stretches ? i + 1 : i;
            merge_two(from, to, begin, end[i], end[last]);
            begin = end[left++] = end[last];
        }
        stretches = left;
        Sorted *other = from;
        from = to;
        to = other;
    }
    free(ends.bytes);
    return from;
}

static PyObject *order(PyObject *module, PyObject *args)
{
    Py_buffer times, files, positions;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*y*", &times, &files, &positions))
        return NULL;
    size_t count = (size_t)times.len / 8;
    PyObject *found = NULL;
    Sorted *from = calloc(2 * count + 1, sizeof *from), *done = NULL;
    if ((size_t)files.len / 4 != count || (size_t)positions.len / 4 != count)
        PyErr_SetString(PyExc_ValueError, "expected columns of one length");
    else if (from) {
        for (size_t i = 0; i < count; i++) {
            uint32_t file, position;
            memcpy(&from[i].time, (const char *)times.buf + 8 * i, 8);
            memcpy(&file, (const char *)files.buf + 4 * i, 4);
            memcpy(&position, (const char *)positions.buf + 4 * i, 4);
            from[i].where = (uint64_t)file << 32 | position;
            from[i].place = (uint32_t)i;
        }
        done = sort_all(from, from + count, count);
        found = done ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(4 * count)) : PyErr_NoMemory();
        for (size_t i = 0; i < count && found; i++)
            memcpy(PyBytes_AsString(found) + 4 * i, &done[i].place, 4);
    } else
        PyErr_NoMemory();
    free(from);
    PyBuffer_Release(&times);
    PyBuffer_Release(&files);
    PyBuffer_Release(&positions);
    return found;
}

#define MOST_COLUMNS 8

/* Rows that say the same in some columns, and at the same time if it is asked for. */
typedef struct {
    int64_t time;
    uint32_t codes[MOST_COLUMNS], count, first;
} Group;

typedef struct {
    Column *columns[MOST_COLUMNS];
    size_t width;
    Buffer groups;
    uint32_t *slots; /* the index of a group plus 1; 0 for none */
    size_t slots_count;
    uint32_t last; /* likewise, of the row before */
} Tally;

static Group *group_at(const Tally *tally, size_t index)
{
    return (Group *)tally->groups.bytes + index;
}

static size_t groups_count(const Tally *tally)
{
    return tally->groups.size / sizeof(Group);
}

static inline int is_group(const Tally *tally, uint32_t number, const Group *group)
{
    const Group *there = group_at(tally, number - 1);
    uint64_t other = (uint64_t)(there->time ^ group->time);
    for (size_t i = 0; i < tally->width; i++)
        other |= there->codes[i] ^ group->codes[i];
    return !other;
}

/* Its slot, or the free one where it belongs. */
static uint32_t *slot_of(const Tally *tally, const Group *group)
{
    uint64_t hash = (uint64_t)group->time;
    for (size_t i = 0; i < tally->width; i++) {
        hash = (hash ^ group->codes[i]) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    hash *= 0xD6E8FEB86659FD93u;
    size_t slot = (hash ^ hash >> 32) & (tally->slots_count - 1);
    while (tally->slots[slot] && !is_group(tally, tally->slots[slot], group))
        slot = (slot + 1) & (tally->slots_count - 1);
    return tally->slots + slot;
}

/* Twice as many slots, for one group more; false without memory. */
static int more_slots(Tally *tally)
{
    if (2 * (groups_count(tally) + 1) < tally->slots_count)
        return 1;
    size_t count = tally->slots_count ? 2 * tally->slots_count : 64;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return 0;
    free(tally->slots);
    tally->slots = slots;
    tally->slots_count = count;
    for (size_t i = 0; i < groups_count(tally); i++)
        *slot_of(tally, group_at(tally, i)) = (uint32_t)i + 1;
    return 1;
}

/* One row more; false without memory. */
static int count_row(Tally *tally, Group *group, uint32_t place)
{
    if (!tally->last || !is_group(tally, tally->last, group)) {
        if (!more_slots(tally))
            return 0;
        uint32_t *slot = slot_of(tally, group);
        tally->last = *slot ? *slot : (uint32_t)groups_count(tally) + 1;
        if (!*slot) {
            group->count = 1;
            group->first = place;
            *slot = tally->last;
            return append(&tally->groups, group, sizeof *group);
        }
    }
    group_at(tally, tally->last - 1)->count++;
    return 1;
}

/* The code of a row, or 0 if its value is not kept apart; false, and an IndexError, if there is no such row. */
static int code_at(const Column *column, const Py_buffer *rows, size_t place, uint32_t *code)
{
    uint32_t row;
    memcpy(&row, (const char *)rows->buf + 4 * place, 4);
    if (row >= column->codes.size / 4) {
        PyErr_SetString(PyExc_IndexError, "expected the numbers of rows");
        return 0;
    }
    memcpy(code, column->codes.bytes + 4 * (size_t)row, 4);
    if (column->alive + 1 != names_count(&column->names) && !name_at(&column->names, *code)->alive)
        *code = 0;
    return 1;
}

static int count_all(Tally *tally, const Py_buffer *rows, const Py_buffer *times, int64_t unit)
{
    for (size_t place = 0; place < (size_t)times->len / 8; place++) {
        Group group = {0};
        if (unit) {
            memcpy(&group.time, (const char *)times->buf + 8 * place, 8);
            group.time = group.time / unit - (group.time % unit < 0);
        }
        for (size_t i = 0; i < tally->width; i++)
            if (!code_at(tally->columns[i], rows, place, group.codes + i))
                return 0;
        if (!count_row(tally, &group, (uint32_t)place)) {
            PyErr_NoMemory();
            return 0;
        }
    }
    return 1;
}

/* ((time, value, ...), how many, the place of the first) of a group. */
static PyObject *group_object(const Tally *tally, const Group *group, int64_t unit)
{
    Py_ssize_t timed = unit != 0;
    PyObject *key = PyTuple_New(timed + (Py_ssize_t)tally->width), *value;
    if (key && timed && (value = PyLong_FromLongLong(group->time)))
        PyTuple_SetItem(key, 0, value);
    for (size_t i = 0; i < tally->width && key && !PyErr_Occurred(); i++)
        if ((value = name_object(tally->columns[i], group->codes[i])))
            PyTuple_SetItem(key, timed + (Py_ssize_t)i, value);
    if (key && PyErr_Occurred())
        Py_CLEAR(key);
    return key ? Py_BuildValue("(NII)", key, group->count, group->first) : NULL;
}

static PyObject *groups_list(const Tally *tally, int64_t unit)
{
    PyObject *found = PyList_New((Py_ssize_t)groups_count(tally));
    for (size_t i = 0; i < groups_count(tally) && found; i++) {
        PyObject *one = group_object(tally, group_at(tally, i), unit);
        if (!one)
            Py_CLEAR(found);
        else
            PyList_SetItem(found, (Py_ssize_t)i, one);
    }
    return found;
}

static int add_column(Tally *tally, PyObject *column)
{
    if (Py_TYPE(column) != column_type || tally->width == MOST_COLUMNS) {
        PyErr_SetString(PyExc_TypeError, "expected some Columns");
        return 0;
    }
    tally->columns[tally->width++] = (Column *)column;
    return is_free(((Column *)column)->busy);
}

static PyObject *tally(PyObject *module, PyObject *args)
{
    PyObject *columns, *found = NULL;
    Py_buffer rows, times;
    long long unit;
    Tally counted = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*y*L", &PyTuple_Type, &columns, &rows, &times, &unit))
        return NULL;
    int sound = unit >= 0 && (rows.len / 4 == times.len / 8 || PyTuple_Size(columns) == 0);
    if (!sound)
        PyErr_SetString(PyExc_ValueError, "expected a row for each time, and a unit");
    for (Py_ssize_t i = 0; i < PyTuple_Size(columns) && sound; i++)
        sound = add_column(&counted, PyTuple_GetItem(columns, i));
    if (sound && count_all(&counted, &rows, &times, unit))
        found = groups_list(&counted, unit);
    free(counted.groups.bytes);
    free(counted.slots);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&times);
    return found;
}

/* The places of the rows that have a value. */
static PyObject *where(PyObject *module, PyObject *args)
{
    PyObject *column, *value, *found = NULL;
    Py_buffer rows;
    Text text;
    size_t size;
    Tally only = {0};
    Buffer places = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "OUy*", &column, &value, &rows))
        return NULL;
    if (add_column(&only, column) && value_of(value, &text, &size)) {
        const Column *self = (Column *)column;
        uint32_t code = NONE, index = find(&self->names, text, size, hash_of(text, size));
        int sound = reserve(&places, 0);
        for (size_t place = 0; place < (size_t)rows.len / 4 && index != NONE && sound; place++) {
            sound = code_at(self, &rows, place, &code);
            if (sound && code == name_at(&self->names, index)->code)
                sound = append_code(&places, (uint32_t)place);
        }
        if (sound)
            found = PyBytes_FromStringAndSize((char *)places.bytes, (Py_ssize_t)places.size);
        else if (!PyErr_Occurred())
            PyErr_NoMemory();
    }
    free(places.bytes);
    PyBuffer_Release(&rows);
    return found;
}

/* Whether a part of values stands before another: the more frequent one, else by bytes. Its `code` is how often it was counted. */
static int is_ahead(const Names *parts, const Name *a, const Name *b)
{
    if (a->code != b->code)
        return a->code > b->code;
    size_t both = a->size < b->size ? a->size : b->size;
    int order = both ? memcmp(parts->bytes.bytes + a->begin, parts->bytes.bytes + b->begin, both) : 0;
    return order ? order < 0 : a->size < b->size;
}

/* A value, or what stands between NULs in it, so often; false without memory. */
static int count_parts(Names *parts, const Column *column, const Group *group, int is_several)
{
    const Name *value = name_at(&column->names, group->codes[0]);
    Text here = column->names.bytes.bytes + value->begin, end = here + value->size;
    while (here < end) {
        Text part_end = is_several ? memchr(here, 0, (size_t)(end - here)) : NULL;
        part_end = part_end ? part_end : end;
        size_t size = (size_t)(part_end - here);
        if (size) {
            uint32_t hash = hash_of(here, size), index = find(parts, here, size, hash);
            if (index == NONE && insert(parts, here, size, hash, group->count) == NONE)
                return 0;
            if (index != NONE)
                name_at(parts, index)->code += group->count;
        }
        here = part_end + 1;
    }
    return 1;
}

/* The indexes of the first `most` in order, of which there are `*count`; NULL without memory. */
static size_t *first_of(const Names *parts, size_t most, size_t *count)
{
    size_t *first = calloc(most + 1, sizeof *first);
    for (size_t i = 0; i < names_count(parts) && first; i++) {
        const Name *part = name_at(parts, i);
        if (*count == most && !is_ahead(parts, part, name_at(parts, first[most - 1])))
            continue;
        size_t at = *count == most ? most - 1 : (*count)++;
        for (; at && is_ahead(parts, part, name_at(parts, first[at - 1])); at--)
            first[at] = first[at - 1];
        first[at] = i;
    }
    return first;
}

/* A group for each code of the only column; false without memory or such rows. */
static int count_codes(Tally *only, const Py_buffer *rows)
{
    const Column *column = only->columns[0];
    size_t count = (size_t)rows->len / 4, names = names_count(&column->names);
    uint32_t *counts = names <= count ? calloc(names, sizeof *counts) : NULL; /* many rows: the codes are places */
    int sound = 1;
    for (size_t place = 0; place < count && sound; place++) {
        Group group = {0};
        sound = code_at(column, rows, place, group.codes);
        if (sound && counts)
            counts[group.codes[0]]++;
        else if (sound)
            sound = count_row(only, &group, (uint32_t)place);
    }
    for (size_t code = 0; code < names && counts && sound; code++) {
        Group group = {.codes = {(uint32_t)code}, .count = counts[code]};
        sound = !group.count || append(&only->groups, &group, sizeof group);
    }
    free(counts);
    return sound;
}

static PyObject *parts_ranked(const Names *parts, size_t most, unsigned long long others)
{
    size_t count = 0, *first = first_of(parts, most, &count);
    if (!first)
        return PyErr_NoMemory();
    PyObject *top = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; i < count && top; i++) {
        const Name *part = name_at(parts, first[i]);
        PyObject *text = PyUnicode_DecodeUTF8((const char *)parts->bytes.bytes + part->begin, (Py_ssize_t)part->size, "replace");
        PyObject *one = text ? Py_BuildValue("(NI)", text, part->code) : NULL;
        if (!one)
            Py_CLEAR(top);
        else
            PyList_SetItem(top, (Py_ssize_t)i, one);
    }
    free(first);
    return top ? Py_BuildValue("(NnK)", top, (Py_ssize_t)(names_count(parts) - count), others) : NULL;
}

static PyObject *ranked(PyObject *module, PyObject *args)
{
    PyObject *column, *found = NULL;
    Py_buffer rows;
    Py_ssize_t most;
    int is_several;
    Tally counted = {0};
    Names parts = {0};
    unsigned long long others = 0;
    (void)module;
    if (!PyArg_ParseTuple(args, "Oy*np", &column, &rows, &most, &is_several))
        return NULL;
    int sound = add_column(&counted, column) && most > 0 && count_codes(&counted, &rows);
    for (size_t i = 0; i < groups_count(&counted) && sound; i++) {
        const Group *group = group_at(&counted, i);
        if (group->codes[0])
            sound = count_parts(&parts, (Column *)column, group, is_several);
        else
            others += group->count;
    }
    if (sound)
        found = parts_ranked(&parts, (size_t)most, others);
    else if (!PyErr_Occurred())
        PyErr_NoMemory();
    free(counted.groups.bytes);
    free(counted.slots);
    release(&parts);
    PyBuffer_Release(&rows);
    return found;
}

typedef struct {
    Text text;
    size_t size;
    uint32_t hash;
} Id;

/* The texts between the NULs of some strings; false, and an exception, if these are no strings. */
static int split_ids(PyObject *strings, Buffer *ids)
{
    for (Py_ssize_t i = 0; i < PyList_Size(strings); i++) {
        Text here;
        size_t size;
        if (!PyUnicode_Check(PyList_GetItem(strings, i)) || !value_of(PyList_GetItem(strings, i), &here, &size)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "expected strings");
            return 0;
        }
        for (Text end = here + size, next; here <= end; here = next + 1) {
            next = here < end ? memchr(here, 0, (size_t)(end - here)) : NULL;
            next = next ? next : end;
            Id id = {here, (size_t)(next - here), hash_of(here, (size_t)(next - here))};
            if (!append(ids, &id, sizeof id)) {
                PyErr_NoMemory();
                return 0;
            }
        }
    }
    return 1;
}

/* Whether an id is in a table; it is afterwards. */
static int is_known(const Id *ids, uint32_t *slots, size_t slots_count, uint32_t index)
{
    const Id *id = ids + index;
    for (size_t slot = id->hash & (slots_count - 1);; slot = (slot + 1) & (slots_count - 1)) {
        if (!slots[slot]) {
            slots[slot] = index + 1;
            return 0;
        }
        const Id *other = ids + slots[slot] - 1;
        if (other->hash == id->hash && other->size == id->size && memcmp(other->text, id->text, id->size) == 0)
            return 1;
    }
}

static PyObject *again(PyObject *module, PyObject *args)
{
    PyObject *strings, *found = NULL;
    Py_buffer places;
    Buffer ids = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*", &PyList_Type, &strings, &places))
        return NULL;
    size_t count = (size_t)places.len / 4, slots_count = 64;
    while (slots_count < 2 * count)
        slots_count *= 2;
    uint32_t *slots = calloc(slots_count, sizeof *slots);
    if (!slots)
        PyErr_NoMemory();
    else if (split_ids(strings, &ids))
        found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)count);
    for (size_t i = 0; i < count && found; i++) {
        uint32_t index;
        memcpy(&index, (const char *)places.buf + 4 * i, 4);
        if (index >= ids.size / sizeof(Id)) {
            PyErr_SetString(PyExc_IndexError, "expected the places of ids");
            Py_CLEAR(found);
        } else {
            const Id *id = (const Id *)ids.bytes + index;
            PyBytes_AsString(found)[i] = id->size && is_known((const Id *)ids.bytes, slots, slots_count, index);
        }
    }
    free(slots);
    free(ids.bytes);
    PyBuffer_Release(&places);
    return found;
}

/* Returns memory to the system that was freed between blocks still in use. */
static PyObject *give_back(PyObject *module, PyObject *nothing)
{
    (void)module;
    (void)nothing;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    return Py_NewRef(Py_None);
}

static PyMethodDef module_methods[] = {
    {"give_back", give_back, METH_NOARGS, "give_back(): returns freed memory to the system"},
    {"some", some, METH_VARARGS, "some(column, uint32 places) -> the items of an array there, as bytes"},
    {"order", order, METH_VARARGS, "order(int64 times, uint32 files, uint32 positions) -> uint32 places, in order"},
    {"tally", tally, METH_VARARGS,
     "tally(Columns, uint32 rows, int64 times, unit) -> [((time // unit if there is one, value, ...), how many, the place of the first)]"},
    {"where", where, METH_VARARGS, "where(Column, value, uint32 rows) -> uint32 places of those that have it"},
    {"ranked", ranked, METH_VARARGS,
     "ranked(Column, uint32 rows, most, several) -> ([(value, or part of one between NULs, how many)], how many more, rows that are not kept apart)"},
    {"again", again, METH_VARARGS, "again(ids joined by NUL, uint32 places) -> a byte for each place, 1 if its id was there before"},
    {NULL, NULL, 0, NULL},
};

static int execute(PyObject *module)
{
    make_crc_table();
    PyObject *column = PyType_FromSpec(&column_spec), *reader = PyType_FromSpec(&reader_spec);
    int sound = column && reader && PyModule_AddObjectRef(module, "Column", column) == 0 &&
                PyModule_AddObjectRef(module, "Reader", reader) == 0 &&
                PyModule_AddStringConstant(module, "SOURCES", TEXT_OF(SOURCES)) == 0;
    column_type = (PyTypeObject *)column; /* held for good: this module is in no other interpreter */
    Py_XDECREF(reader);
    return sound ? 0 : -1;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_evidence", .m_methods = module_methods, .m_slots = module_slots};

PyMODINIT_FUNC PyInit__evidence(void)
{
    return PyModuleDef_Init(&module);
}

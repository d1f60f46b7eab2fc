/* The native part of the scan: a batch of CloudTrail log files in, the records that may match out.
 *
 * For each file: open, read, inflate, check, and find the records that may match; for the batch: one log file that holds
 * just these records, which Python decodes at once. Python's lock is released for the whole of it.
 *
 * The contract:
 *
 * - An answer is only given for a regular file whose content is {"Records":[object, ...]} as RFC 8259 and UTF-8 allow it,
 *   at most 64 levels deep, either plain or one gzip member and nothing else, and not larger than the limit. Everything
 *   else is UNKNOWN: the caller reads the file himself, and finds out what is wrong with it, if anything is.
 * - A record that cannot match may be returned; one that can match is never left out. A record can match only if one of
 *   its keys, or of the strings in a member that filters read, is a wanted string, begins or ends with one, or spells one of their
 *   characters with an escape. (Where it is not known which members they read, all of them are.)
 * - Of a record that may match it is noted where its marked members begin, so that nobody has to parse it again; or that
 *   this does not tell all, because one comes twice or its key may be spelled with an escape.
 * - What was met before makes an answer faster, and never another one.
 * - A file is SKIPPED without a look at its records if its bytes hold none of the `gate` strings and no such escape, and
 *   it begins and ends as CloudTrail writes its files.
 *
 * What is read here is written by attackers. So there is no recursion, every buffer is followed by a NUL (which no JSON text
 * contains, so that each step ends there), and all sizes are checked before they are used. A Prefilter owns its
 * buffers and reuses them from call to call, because giving them back and faulting them in again costs as much as inflating;
 * one thread uses one Prefilter.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000 /* one build serves Python 3.11 and all later versions */
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../native.h"

#ifndef _WIN32
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#ifdef __GNUC__
#define ALWAYS_INLINE __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#else
#define ALWAYS_INLINE
#define NOINLINE
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_AVX2 1 /* asked for when it runs */
#endif

#define MAX_DEPTH 64
#define BLOCK 64 /* bytes that the gate looks at together */
#define BUCKETS 256
#define MAX_PIECES 4      /* searched for in one pass; more cost as much as walking the records */
#define MAX_NEEDLES 32
#define MAX_RATIO 1032    /* deflate makes at most this many bytes of one */
#define GZIP_OVERHEAD 18  /* bytes of the header and the trailer of a gzip member */
#define MAX_STEP 64       /* bytes of a step that is remembered */
#define MAX_STEPS 4096
#define LIKELY 4          /* steps that are expected behind one */
#define MAX_MARKED 4096
#define NO_CHARACTER 256
#define BROKEN 257

/* ---- Buffers -------------------------------------------------------------------------------------------------- */

static int append_numbers(Buffer *buffer, int64_t first, int64_t second, int64_t third)
{
    int64_t numbers[3] = {first, second, third};
    return append(buffer, numbers, sizeof numbers);
}

/* ---- The wanted strings --------------------------------------------------------------------------------------- */

enum { WHOLE, BEGINNING, END, KINDS };

typedef struct {
    Text text;
    size_t size;
    int next; /* of the same bucket: its index plus 1; 0 for none */
} Literal;

typedef struct {
    Literal *literals;
    int buckets[KINDS][BUCKETS];
    uint64_t sizes_by_first[BUCKETS]; /* by first character: a bit for each size that a string of interest may have */
    uint64_t sizes_by_last[BUCKETS];
    uint8_t characters[128]; /* of all literals */
} Wanted;

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

static NOINLINE int is_among(const Wanted *wanted, int kind, Text text, size_t size)
{
    for (int i = wanted->buckets[kind][bucket_of(kind, text, size)]; i; i = wanted->literals[i - 1].next) {
        const Literal *literal = &wanted->literals[i - 1];
        if (kind == WHOLE ? size != literal->size : size < literal->size)
            continue;
        if (memcmp(kind == END ? text + size - literal->size : text, literal->text, literal->size) == 0)
            return 1;
    }
    return 0;
}

static inline int is_wanted(const Wanted *wanted, Text text, size_t size)
{
    if (size == 0)
        return 0;
    uint64_t sizes = wanted->sizes_by_first[text[0]] | wanted->sizes_by_last[text[size - 1]];
    if (!(sizes >> size_class(size) & 1))
        return 0;
    return is_among(wanted, WHOLE, text, size) || is_among(wanted, BEGINNING, text, size) ||
           is_among(wanted, END, text, size);
}

static int hex_of(int character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The character that the escape behind a backslash spells, if it can be one of a literal; else NO_CHARACTER or BROKEN. */
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
        return NO_CHARACTER;
    case 'u':
        for (int i = 1; i <= 4; i++) {
            int digit = hex_of(here[i]); /* not beyond the end: the NUL there is no digit */
            if (digit < 0)
                return BROKEN;
            code = code << 4 | digit;
        }
        return code < 128 ? code : NO_CHARACTER;
    default:
        return BROKEN;
    }
}

/* ---- Steps through a record ----------------------------------------------------------------------------------- */

/* What stands between two values of a record (the ends of levels, a comma, a key) is almost always spelled as in an earlier
 * record. A step is such a text. What was found when it was parsed holds wherever the same bytes stand at the same place again,
 * so there a comparison is enough. */

enum { STRING, SCALAR, OPENED, ENDED }; /* what a step leads to */

typedef struct Step {
    uint8_t text[MAX_STEP];
    uint64_t behind;           /* a bit for each byte of `text` that is not part of it */
    struct Step *next[LIKELY]; /* steps that have followed it, the likely ones first; NULL for none */
    const struct Step *place;  /* where it begins: the step that opened the level; NULL if that is not remembered */
    uint64_t objects;          /* of the levels that are open behind it, the last for the innermost: 1 for an object, 0 for an array */
    uint16_t mark;
    uint8_t size, kind, depth, is_wanted, is_asked;
} Step;

typedef struct {
    Step *all; /* the first stands for the beginning of a record */
    uint32_t count;
    uint16_t slots[2 * MAX_STEPS]; /* the number of a step; 0 for none */
} Steps;

/* The members of a record of which it is noted where they begin. */
typedef struct {
    Text text;
    size_t size;
    unsigned inside; /* the mark of the member of the record that it is a member of; 0 for the record */
} MarkedName;

typedef struct {
    MarkedName *names; /* from 1 */
    unsigned count;
    unsigned asked; /* so many of the first are read by filters, and nothing else is; 0 if that is not known */
} Marked;

typedef struct {
    Text end;
    const Wanted *wanted;
    const Marked *marked;
    Steps *steps;
    uint32_t *marks; /* where the marked members of the record at hand begin, by mark; 0 for none */
    int may_match;   /* the record at hand holds a wanted string */
    int is_odd;      /* its marks do not tell all: a member comes twice, or its key is spelled with an escape */
    unsigned high;   /* not 0 if some byte of what was looked at is not ASCII */
    const Step *places[MAX_DEPTH + 1]; /* for each level that is open the step that opened it; NULL if that is not remembered */
    uint16_t inside[MAX_DEPTH + 1];    /* its mark */
    uint8_t is_asked[MAX_DEPTH + 1];   /* and whether filters read what is in it */
    Step other; /* the last step, if it is not remembered */
} Walk;

/* ---- The walk over the records -------------------------------------------------------------------------------- */

/* Forward to the next quote, backslash or control character; the NUL behind the end is one. */
static inline Text next_special(Walk *walk, Text here)
{
#ifdef HAVE_SSE2
    const __m128i quotes = _mm_set1_epi8('"'), backslashes = _mm_set1_epi8('\\'), controls = _mm_set1_epi8(31);
    while (walk->end - here >= 16) {
        __m128i part = _mm_loadu_si128((const __m128i *)here);
        __m128i backslash = _mm_cmpeq_epi8(part, backslashes), control = _mm_cmpeq_epi8(_mm_min_epu8(part, controls), part);
        unsigned quote = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part, quotes));
        unsigned other = (unsigned)_mm_movemask_epi8(_mm_or_si128(backslash, control));
        walk->high |= (unsigned)_mm_movemask_epi8(part);
        if (other & (quote - 1)) /* before the first quote, if there is one */
            return here + (unsigned)__builtin_ctz(other);
        if (quote) /* all that follows waits for this, and for nothing else */
            return here + (unsigned)__builtin_ctz(quote);
        here += 16;
    }
#endif
    while (*here != '"' && *here != '\\' && *here >= 32)
        walk->high |= *here++ >> 7;
    return here;
}

/* Past a string, from behind its opening quote; NULL if it is not valid. */
static inline Text take_string(Walk *walk, Text here, int is_asked)
{
    Text begin = here;
    for (;;) {
        here = next_special(walk, here);
        if (*here == '"')
            break;
        if (*here != '\\')
            return NULL; /* a control character, or the end */
        int character = escaped(++here);
        if (character == BROKEN)
            return NULL;
        if (character != NO_CHARACTER)
            walk->may_match |= walk->wanted->characters[character];
        here++;
    }
    if (is_asked && !walk->may_match)
        walk->may_match = is_wanted(walk->wanted, begin, (size_t)(here - begin));
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

static Text take_scalar(Text here)
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

static void forget(Steps *steps)
{
    memset(steps->slots, 0, sizeof steps->slots);
    memset(&steps->all[0], 0, sizeof steps->all[0]);
    steps->all[0].objects = steps->all[0].depth = 1;
    steps->all[0].kind = OPENED;
    steps->count = 1;
}

static inline int begins_with(Text here, const Step *step)
{
#ifdef HAVE_SSE2
    for (unsigned i = 0; i < MAX_STEP; i += 32) {
        __m128i first = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(here + i)), _mm_loadu_si128((const __m128i *)(step->text + i)));
        __m128i second = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(here + i + 16)), _mm_loadu_si128((const __m128i *)(step->text + i + 16)));
        uint32_t same = (uint32_t)_mm_movemask_epi8(first) | (uint32_t)_mm_movemask_epi8(second) << 16;
        if ((same | (uint32_t)(step->behind >> i)) != UINT32_MAX)
            return 0;
        if (step->size <= i + 32)
            break;
    }
    return 1;
#else
    return memcmp(here, step->text, step->size) == 0;
#endif
}

/* Whether a step is here; MAX_STEP bytes can be read. */
static inline int is_here(const Step *step, Text here)
{
    if (!begins_with(here, step))
        return 0;
    uint8_t first = here[step->size]; /* the step would be a longer one if this were no scalar */
    return step->kind != SCALAR || (first > ' ' && first != '"' && (first | 0x20) != '{');
}

/* The step that is here, if it is one that has followed the last. Those that are met most come to the front. */
static inline Step *expected(Step *last, Text here)
{
    for (int i = 0; i < LIKELY; i++) {
        Step *step = last->next[i];
        if (!step)
            return NULL;
        if (is_here(step, here)) {
            if (i) {
                last->next[i] = last->next[i - 1];
                last->next[i - 1] = step;
            }
            return step;
        }
    }
    return NULL;
}

/* Where a walk is in a record. */
typedef struct {
    uint64_t objects; /* a bit for each level that is open, the last for the innermost: 1 for an object, 0 for an array */
    int depth;
    int is_first; /* nothing has come in this level yet */
} Level;

static Level level_behind(const Step *step)
{
    return (Level){step->objects, step->depth, step->kind == OPENED};
}

/* The step that is remembered, if it was or there is room; else NULL. Whether it is the first of its level need not be: then there
 * is no comma before its key, and else there is one. */
static Step *remembered(Steps *steps, const Step *step)
{
    if (!step->size || !step->place)
        return NULL;
    uint32_t slot = hash_of(step->text, step->size) + (uint32_t)(step->place - steps->all) * 31;
    for (;; slot++) {
        uint16_t *number = &steps->slots[slot % (2 * MAX_STEPS)];
        Step *known = &steps->all[*number];
        if (!*number) {
            if (steps->count == MAX_STEPS)
                return NULL;
            *number = (uint16_t)steps->count++;
            known = &steps->all[*number];
            *known = *step;
            return known;
        }
        if (known->place == step->place && known->size == step->size &&
            memcmp(known->text, step->text, step->size) == 0)
            return known;
    }
}

/* The number of the mark for a member: of the record if `inside` is 0, else of the member with that mark. */
static uint16_t mark_of(const Marked *marked, unsigned inside, Text key, size_t size)
{
    for (unsigned i = 1; i <= marked->count; i++)
        if (marked->names[i].inside == inside && marked->names[i].size == size &&
            memcmp(marked->names[i].text, key, size) == 0)
            return (uint16_t)i;
    return 0;
}

/* From behind a value to the next, or the end of the record, whatever stands between them; NULL if it is not valid. Of `step`
 * all is filled in that can be told; its size is 0 if it may not be remembered. */
static Text parse_step(Walk *walk, Level level, Text here, Step *step)
{
    Text begin = here, key;
    int may_match = walk->may_match, is_odd = 0;
    unsigned high = walk->high;
    walk->may_match = 0;
    walk->high = 0;
    *step = (Step){.place = walk->places[level.depth]};
    for (;;) {
        here = skip_blanks(here);
        if (!level.is_first && *here == ',') {
            here = skip_blanks(here + 1);
            break;
        }
        if (*here == (level.objects & 1 ? '}' : ']')) {
            here++;
            level.objects >>= 1;
            level.is_first = 0;
            if (--level.depth == 0)
                break;
        } else if (level.is_first)
            break;
        else
            return NULL;
    }
    step->is_asked = walk->is_asked[level.depth];
    if (level.depth && level.objects & 1) {
        key = here + 1;
        if (*here != '"' || !(here = take_string(walk, key, 1)))
            return NULL;
        size_t size = (size_t)(here - key) - 1;
        is_odd = memchr(key, '\\', size) != NULL; /* it may be any */
        if (level.depth == 1 || (level.depth == 2 && walk->inside[2])) {
            walk->is_odd |= is_odd;
            step->mark = mark_of(walk->marked, level.depth == 1 ? 0 : walk->inside[2], key, size);
        }
        if (level.depth == 1)
            step->is_asked = is_odd || !walk->marked->asked || (step->mark && step->mark <= walk->marked->asked);
        here = skip_blanks(here);
        if (*here != ':')
            return NULL;
        here = skip_blanks(here + 1);
    }
    step->kind = SCALAR;
    level.is_first = 0;
    if (level.depth == 0)
        step->kind = ENDED;
    else if (*here == '"') {
        step->kind = STRING;
        here++;
    } else if (*here == '{' || *here == '[') {
        if (level.depth++ == MAX_DEPTH)
            return NULL;
        step->kind = OPENED;
        level.objects = level.objects << 1 | (*here == '{');
        level.is_first = 1;
        here++;
    }
    size_t size = (size_t)(here - begin);
    step->size = size > MAX_STEP || is_odd || walk->high ? 0 : (uint8_t)size;
    memcpy(step->text, begin, step->size);
    step->behind = step->size < 64 ? UINT64_MAX << step->size : 0;
    step->objects = level.objects;
    step->depth = (uint8_t)level.depth;
    step->is_wanted = walk->may_match != 0;
    walk->may_match |= may_match;
    walk->high |= high;
    return here;
}

/* A step that is not expected behind the last, to which it becomes the most likely one; NULL if it is not valid. */
static NOINLINE Step *take_step(Walk *walk, Step *last, Text *here)
{
    Step step, *known;
    if (!(*here = parse_step(walk, level_behind(last), *here, &step)))
        return NULL;
    if (!(known = remembered(walk->steps, &step))) {
        walk->other = step;
        return &walk->other;
    }
    if (last != &walk->other) {
        memmove(last->next + 1, last->next, (LIKELY - 1) * sizeof *last->next);
        last->next[0] = known;
    }
    return known;
}

/* Past a record, from behind its brace; NULL if it is not valid. */
static inline Text take_record(Walk *walk, Text here)
{
    Step *last = walk->steps->all, *step;
    Text record = here - 1;
    if (walk->steps->count == MAX_STEPS)
        forget(walk->steps);
    walk->places[1] = last;
    walk->inside[1] = 0;
    walk->is_asked[1] = 0;
    for (;; last = step) {
        step = walk->end - here > MAX_STEP ? expected(last, here) : NULL;
        if (step) {
            here += step->size;
            walk->may_match |= step->is_wanted;
        } else if (!(step = take_step(walk, last, &here)))
            return NULL;
        if (step->mark) {
            uint32_t *mark = &walk->marks[step->mark];
            walk->is_odd |= *mark != 0; /* there already was one of this name */
            *mark = (uint32_t)(here - record) - (step->kind != SCALAR);
        }
        switch (step->kind) {
        case STRING:
            if (!(here = take_string(walk, here, step->is_asked)))
                return NULL;
            break;
        case SCALAR:
            if (!(here = take_scalar(here)))
                return NULL;
            break;
        case OPENED:
            walk->places[step->depth] = step == &walk->other ? NULL : step;
            walk->inside[step->depth] = step->mark;
            walk->is_asked[step->depth] = step->is_asked;
            break;
        default:
            return here;
        }
    }
}

/* Whether the bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
static int is_utf8(Text here, Text end)
{
    while (here < end) {
#ifdef HAVE_SSE2
        while (end - here >= 16 && !_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)here)))
            here += 16;
        if (here == end)
            break;
#endif
        uint8_t first = *here++;
        if (first < 0x80)
            continue;
        int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || end - here < more)
            return 0;
        uint8_t lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        uint8_t highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (here[0] < lowest || here[0] > highest)
            return 0;
        for (int i = 1; i < more; i++)
            if ((here[i] & 0xC0) != 0x80)
                return 0;
        here += more;
    }
    return 1;
}

/* ---- The gate ------------------------------------------------------------------------------------------------- */

/* A piece that several of the gate's strings share, so that one search serves them all. */
typedef struct {
    Text text;
    size_t size;
    size_t first, second; /* the offsets of its two rarest characters, which are compared before the rest */
} Piece;

typedef struct {
    Text text;
    size_t size;
    int piece;
    size_t offset; /* of the piece in the string */
} Needle;

typedef struct {
    Piece pieces[MAX_PIECES];
    Needle needles[MAX_NEEDLES];
    int pieces_count, needles_count, has_avx2;
} Gate;

/* How frequent a character is in CloudTrail's JSON: the earlier in the list, the more frequent. */
static int rarity_of(uint8_t character)
{
    static const char frequent[] = "\"e:,atinrosdcum-l{}pyv0123456789gfAI_EwhbRSkTCNDx/.PUMzLjGBOVKqHFWYJQXZ ";
    const char *place = character ? strchr(frequent, character) : NULL;
    return place ? (int)(place - frequent) : (int)sizeof frequent;
}

static void choose_characters(Piece *piece)
{
    size_t first = 0, second = 0;
    for (size_t i = 1; i < piece->size; i++) {
        int rarity = rarity_of(piece->text[i]);
        if (rarity > rarity_of(piece->text[first])) {
            second = first;
            first = i;
        } else if (second == first || rarity > rarity_of(piece->text[second]))
            second = i;
    }
    piece->first = first;
    piece->second = second;
}

/* Whether an escape at a backslash could spell a character of a wanted string, or a quote around it: behind the
 * records there may be log events, whose messages are records spelled as strings. */
static inline int may_hide(const Wanted *wanted, Text backslash, Text end)
{
    if (end - backslash < 2)
        return 0;
    if (backslash[1] == '/')
        return wanted->characters['/'];
    if (backslash[1] != 'u' || end - backslash < 6)
        return 0;
    int character = escaped(backslash + 1);
    return character < 128 && (character == '"' || wanted->characters[character]);
}

/* Whether one of the strings of a piece is where the piece may begin. */
static inline int is_at(const Gate *gate, int piece, Text start, Text here, Text end)
{
    for (int i = 0; i < gate->needles_count; i++) {
        const Needle *needle = &gate->needles[i];
        if (needle->piece == piece && (size_t)(here - start) >= needle->offset &&
            (size_t)(end - here) + needle->offset >= needle->size &&
            memcmp(here - needle->offset, needle->text, needle->size) == 0)
            return 1;
    }
    return 0;
}

#ifdef __GNUC__
/* Thirty-two bytes wherever they are, in as many steps as the processor takes. */
typedef uint8_t Bytes __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint64_t Words __attribute__((vector_size(32)));
#define LOAD(here) (*(const Bytes *)(here))
#endif

/* Forward to the next block in which an escape or a piece may begin, or to `last`. The bytes of a block and of the
 * longest piece behind it can be read. */
static inline ALWAYS_INLINE Text next_block(const Gate *gate, Text here, Text last)
{
#ifdef __GNUC__
    for (; here < last; here += BLOCK) {
        Bytes any = {0};
        for (int j = 0; j < BLOCK; j += (int)sizeof any)
            any |= (Bytes)(LOAD(here + j) == '\\');
        for (int i = 0; i < gate->pieces_count; i++) {
            const Piece *piece = &gate->pieces[i];
            Text first = here + piece->first, second = here + piece->second;
            uint8_t one = piece->text[piece->first], other = piece->text[piece->second];
            for (int j = 0; j < BLOCK; j += (int)sizeof any)
                any |= (Bytes)((LOAD(first + j) == one) & (LOAD(second + j) == other));
        }
        Words words = (Words)any;
        if (words[0] | words[1] | words[2] | words[3])
            break;
    }
#endif
    return here;
}

#ifdef HAVE_AVX2
__attribute__((target("avx2"))) static Text next_block_avx2(const Gate *gate, Text here, Text last)
{
    return next_block(gate, here, last);
}
#endif

static Text forward(const Gate *gate, Text here, Text last)
{
#ifdef HAVE_AVX2
    if (gate->has_avx2)
        return next_block_avx2(gate, here, last);
#endif
    return next_block(gate, here, last);
}

/* Whether the text holds one of the strings, or an escape that could hide one. One pass for all of them. */
static int may_hold(const Gate *gate, const Wanted *wanted, Text start, Text end)
{
    size_t margin = BLOCK;
    for (int i = 0; i < gate->pieces_count; i++)
        margin = gate->pieces[i].size + BLOCK > margin ? gate->pieces[i].size + BLOCK : margin;
    Text here = start, last = (size_t)(end - start) > margin ? end - margin : start;
    while (here < end) {
        if (here < last)
            here = forward(gate, here, last);
        for (Text block = here; here < end && here < block + BLOCK; here++) {
            if (*here == '\\' && may_hide(wanted, here, end))
                return 1;
            for (int i = 0; i < gate->pieces_count; i++)
                if (*here == gate->pieces[i].text[0] && is_at(gate, i, start, here, end))
                    return 1;
        }
    }
    return 0;
}

/* Whether the text begins and ends as CloudTrail writes its files; no other file is skipped unseen. */
static int is_log_file(Text start, Text end)
{
    static const char beginning[] = "{\"Records\":[{";
    Text here = end;
    if ((size_t)(end - start) < sizeof beginning || memcmp(start, beginning, sizeof beginning - 1) != 0)
        return 0;
    for (const char *wanted = "}]"; *wanted; wanted++) {
        while (here > start && end - here < 64 && here[-1] <= ' ' && strchr(" \t\r\n", here[-1]))
            here--;
        if (here == start || *--here != (uint8_t)*wanted)
            return 0;
    }
    return 1;
}

/* Whether the first record is no record but an envelope of Kinesis: its members are `kinesis`, or begin with a capital
   letter, as none of CloudTrail's does. What is in it is base64, and no literal can be looked for there. */
static int begins_an_envelope(Text start)
{
    Text here = take_word(start, "{\"Records\":[");
    if (!here || *(here = skip_blanks(here)) != '{' || *(here = skip_blanks(here + 1)) != '"')
        return 0;
    return (here[1] >= 'A' && here[1] <= 'Z') || strncmp((const char *)here + 1, "kinesis\"", 8) == 0;
}

/* ---- A file, and a batch of them ------------------------------------------------------------------------------ */

enum { UNKNOWN, SKIPPED, WALKED, NO_MEMORY = -1 };

typedef struct {
    Wanted wanted;
    Gate gate;
    size_t limit;   /* bytes of the content of a file */
    size_t largest; /* bytes of a record that may match; a file with a larger one is UNKNOWN */
    size_t room;    /* bytes of `records`; a file whose records do not fit any more is UNKNOWN */
    Buffer stored, content;
    Buffer records; /* {"Records":[ … ]} with the records of the batch that may match */
    Buffer files;   /* per file: outcome, number of records, number of those that may match */
    Buffer places;  /* per record that may match: its index in its file, its beginning and end in `records` */
    Marked marked;
    Steps steps;
    Buffer row;   /* of the record at hand: whether its marks do not tell all, and the marks */
    Buffer marks; /* the rows of the records that may match */
#ifdef HAVE_LIBDEFLATE
    struct libdeflate_decompressor *inflater;
#endif
} Scan;

typedef struct {
    int outcome;
    int64_t records, candidates;
} Outcome;

static size_t row_size(const Scan *scan)
{
    return (scan->marked.count + 1) * sizeof(uint32_t);
}

/* One candidate record into the batch. */
static int keep(Scan *scan, const Walk *walk, int64_t index, Text begin, Text end)
{
    walk->marks[0] = walk->is_odd != 0;
    if (scan->marked.count && !append(&scan->marks, walk->marks, row_size(scan)))
        return 0;
    if (scan->places.size && !append(&scan->records, ",", 1))
        return 0;
    int64_t start = (int64_t)scan->records.size;
    return append(&scan->records, begin, (size_t)(end - begin)) &&
           append_numbers(&scan->places, index, start, (int64_t)scan->records.size);
}

/* The records of one content. What a file that turns out to be UNKNOWN has added to the batch is taken back. */
static Outcome walk_content(Scan *scan, Text start, Text end)
{
    Outcome outcome = {UNKNOWN, 0, 0};
    size_t records_before = scan->records.size, places_before = scan->places.size, marks_before = scan->marks.size;
    Walk walk;
    Text here, begin;
    if (begins_an_envelope(start))
        return outcome;
    if (scan->gate.pieces_count && is_log_file(start, end) && !may_hold(&scan->gate, &scan->wanted, start, end)) {
        outcome.outcome = SKIPPED;
        return outcome;
    }
    here = take_word(start, "{\"Records\":[");
    if (!here)
        return outcome;
    walk.end = end;
    walk.wanted = &scan->wanted;
    walk.marked = &scan->marked;
    walk.steps = &scan->steps;
    walk.marks = (uint32_t *)scan->row.bytes;
    walk.high = 0;
    for (;; here++) {
        begin = skip_blanks(here);
        walk.may_match = walk.is_odd = 0;
        memset(walk.marks, 0, row_size(scan));
        if (*begin != '{' || !(here = take_record(&walk, begin + 1)) || (uint64_t)(here - begin) > UINT32_MAX)
            goto unknown;
        if (walk.may_match) {
            if ((size_t)(here - begin) > scan->largest || scan->records.size + (size_t)(here - begin) > scan->room)
                goto unknown;
            if (!keep(scan, &walk, outcome.records, begin, here)) {
                outcome.outcome = NO_MEMORY;
                return outcome;
            }
            outcome.candidates++;
        }
        outcome.records++;
        here = skip_blanks(here);
        if (*here != ',')
            break;
    }
    if (*here != ']' || *(here = skip_blanks(here + 1)) != '}' || skip_blanks(here + 1) != end)
        goto unknown;
    if (walk.high && !is_utf8(start, end))
        goto unknown;
    outcome.outcome = WALKED;
    return outcome;
unknown:
    scan->records.size = records_before;
    scan->places.size = places_before;
    scan->marks.size = marks_before;
    return (Outcome){UNKNOWN, 0, 0};
}

#if defined(HAVE_LIBDEFLATE) && !defined(_WIN32)
#define HAVE_FILES 1

/* The bytes of a regular file into `stored`; 0 if it is something else, too large, or cannot be read. */
static int read_stored(Scan *scan, const char *path)
{
    struct stat status;
    int done = 0, descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return 0;
    scan->stored.size = 0;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        (uint64_t)status.st_size <= scan->limit) {
        size_t size = (size_t)status.st_size;
        if (!reserve(&scan->stored, size + 1))
            done = NO_MEMORY;
        else {
            ssize_t more;
            do { /* one byte more than there should be: a file that grows is UNKNOWN */
                more = read(descriptor, scan->stored.bytes + scan->stored.size, size + 1 - scan->stored.size);
                if (more > 0)
                    scan->stored.size += (size_t)more;
            } while (more > 0 && scan->stored.size <= size);
            done = more == 0 && scan->stored.size == size;
        }
    }
    close(descriptor);
    if (done == 1)
        scan->stored.bytes[scan->stored.size] = 0;
    return done;
}

/* The content of `stored` if it is one whole gzip member; its checksum is compared by the inflater. */
static int inflate_stored(Scan *scan)
{
    Text last = scan->stored.bytes + scan->stored.size - 4;
    size_t stated = last[0] | last[1] << 8 | last[2] << 16 | (size_t)last[3] << 24, used = 0, made = 0;
    if (stated == 0 || stated > scan->limit || stated / MAX_RATIO > scan->stored.size)
        return 0;
    if (!reserve(&scan->content, stated))
        return NO_MEMORY;
    if (libdeflate_gzip_decompress_ex(scan->inflater, scan->stored.bytes, scan->stored.size, scan->content.bytes,
                                      stated, &used, &made) != LIBDEFLATE_SUCCESS ||
        used != scan->stored.size || made != stated)
        return 0;
    scan->content.size = stated;
    scan->content.bytes[stated] = 0;
    return 1;
}

/* A file as it is handed in: its path, or where that is NULL its bytes as stored. */
typedef struct {
    const char *path;
    Py_buffer bytes;
} Input;

/* Bytes that are in memory already into `stored`; 0 if there are none or too many. */
static int copy_stored(Scan *scan, const Py_buffer *bytes)
{
    size_t size = (size_t)bytes->len;
    if (size == 0 || size > scan->limit)
        return 0;
    if (!reserve(&scan->stored, size + 1))
        return NO_MEMORY;
    memcpy(scan->stored.bytes, bytes->buf, size);
    scan->stored.bytes[size] = 0;
    scan->stored.size = size;
    return 1;
}

static Outcome scan_file(Scan *scan, const Input *input)
{
    int sound = input->path ? read_stored(scan, input->path) : copy_stored(scan, &input->bytes);
    Buffer *text = &scan->stored;
    if (sound == 1 && text->size > GZIP_OVERHEAD && text->bytes[0] == 0x1f && text->bytes[1] == 0x8b) {
        sound = inflate_stored(scan);
        text = &scan->content;
    }
    if (sound != 1)
        return (Outcome){sound, 0, 0};
    return walk_content(scan, text->bytes, text->bytes + text->size);
}
#endif

/* ---- What Python sees ----------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    Scan scan;
    PyObject *held[KINDS + 3]; /* the tuples of bytes that literals, pieces, needles and names point into */
    int busy;
} Prefilter;

static int no_memory(void)
{
    PyErr_NoMemory();
    return 0;
}

/* The bytes of one member of a tuple, which must not be empty. */
static int member(PyObject *tuple, Py_ssize_t index, Text *text, size_t *size)
{
    char *bytes;
    Py_ssize_t length;
    PyObject *item = PyTuple_GetItem(tuple, index);
    if (!item || PyBytes_AsStringAndSize(item, &bytes, &length) < 0)
        return 0;
    if (length == 0) {
        PyErr_SetString(PyExc_ValueError, "expected strings of at least one byte, found an empty one");
        return 0;
    }
    *text = (Text)bytes;
    *size = (size_t)length;
    return 1;
}

static int want(Wanted *wanted, PyObject *literals, int kind, int *count)
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(literals); i++) {
        Text text;
        size_t size;
        if (!member(literals, i, &text, &size))
            return 0;
        int *bucket = &wanted->buckets[kind][bucket_of(kind, text, size)];
        wanted->literals[*count] = (Literal){text, size, *bucket};
        *bucket = ++*count;
        uint64_t this_size = (uint64_t)1 << size_class(size);
        if (kind == WHOLE)
            wanted->sizes_by_first[text[0]] |= this_size;
        else if (kind == BEGINNING)
            wanted->sizes_by_first[text[0]] |= ~(this_size - 1);
        else
            wanted->sizes_by_last[text[size - 1]] |= ~(this_size - 1);
        for (size_t j = 0; j < size; j++)
            wanted->characters[text[j] & 127] = 1;
    }
    return 1;
}

/* The gate: which pieces to search for, and which of the strings each may belong to. */
static int build_gate(Gate *gate, PyObject *pieces, PyObject *needles)
{
    Py_ssize_t pieces_count = PyTuple_Size(pieces), needles_count = PyTuple_Size(needles);
    if (pieces_count > MAX_PIECES || needles_count > MAX_NEEDLES) {
        PyErr_Format(PyExc_ValueError, "expected at most %d pieces and %d strings", MAX_PIECES, MAX_NEEDLES);
        return 0;
    }
    for (Py_ssize_t i = 0; i < pieces_count; i++) {
        Piece *piece = &gate->pieces[i];
        if (!member(pieces, i, &piece->text, &piece->size))
            return 0;
        choose_characters(piece);
    }
    for (Py_ssize_t i = 0; i < needles_count; i++) {
        Needle *needle = &gate->needles[i];
        if (!member(needles, i, &needle->text, &needle->size))
            return 0;
        needle->piece = -1;
        for (int j = 0; j < pieces_count && needle->piece < 0; j++)
            for (size_t offset = 0; offset + gate->pieces[j].size <= needle->size; offset++)
                if (memcmp(needle->text + offset, gate->pieces[j].text, gate->pieces[j].size) == 0) {
                    needle->piece = j;
                    needle->offset = offset;
                    break;
                }
        if (needle->piece < 0) {
            PyErr_SetString(PyExc_ValueError, "expected a piece in every string of the gate");
            return 0;
        }
    }
#ifdef HAVE_AVX2
    gate->has_avx2 = __builtin_cpu_supports("avx2");
#endif
    gate->pieces_count = (int)pieces_count;
    gate->needles_count = (int)needles_count;
    return 1;
}

/* The members that are marked. A name with a NUL, which stands in no JSON text, is that of a member of another of them, and its own. */
static int mark(Scan *scan, PyObject *names)
{
    Marked *marked = &scan->marked;
    Py_ssize_t count = PyTuple_Size(names);
    if (count > MAX_MARKED) {
        PyErr_Format(PyExc_ValueError, "expected at most %d names", MAX_MARKED);
        return 0;
    }
    marked->names = calloc((size_t)count + 1, sizeof *marked->names);
    scan->steps.all = calloc(MAX_STEPS, sizeof *scan->steps.all);
    if (!marked->names || !scan->steps.all || !reserve(&scan->row, ((size_t)count + 1) * sizeof(uint32_t)))
        return no_memory();
    forget(&scan->steps);
    for (Py_ssize_t i = 0; i < count; i++) {
        MarkedName name = {NULL, 0, 0};
        char *bytes;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(names, i), &bytes, &size) < 0)
            return 0;
        name.text = (Text)bytes;
        name.size = (size_t)size;
        Text nul = size ? memchr(name.text, 0, name.size) : NULL;
        if (nul) {
            name.inside = mark_of(marked, 0, name.text, (size_t)(nul - name.text));
            name.size -= (size_t)(nul - name.text) + 1;
            name.text = nul + 1;
            if (!name.inside) {
                PyErr_SetString(PyExc_ValueError, "expected a member before its own members");
                return 0;
            }
        }
        marked->count++;
        marked->names[marked->count] = name;
    }
    return 1;
}

static int plan(Prefilter *self)
{
    Scan *scan = &self->scan;
    Py_ssize_t literals = 1;
    int count = 0;
    for (int kind = 0; kind < KINDS; kind++)
        literals += PyTuple_Size(self->held[kind]);
    scan->wanted.literals = calloc((size_t)literals, sizeof(Literal));
    if (!scan->wanted.literals)
        return no_memory();
    for (int kind = 0; kind < KINDS; kind++)
        if (!want(&scan->wanted, self->held[kind], kind, &count))
            return 0;
    if (!build_gate(&scan->gate, self->held[KINDS], self->held[KINDS + 1]) || !mark(scan, self->held[KINDS + 2]))
        return 0;
#ifdef HAVE_LIBDEFLATE
    scan->inflater = libdeflate_alloc_decompressor();
    if (!scan->inflater)
        return no_memory();
#endif
    return 1;
}

static PyObject *prefilter_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"wholes", "beginnings", "ends", "pieces", "gate", "marked", "asked", "limit", "largest", "room", NULL};
    PyObject *held[KINDS + 3];
    Py_ssize_t asked, limit, largest, room;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O!O!O!O!O!O!nnnn", names, &PyTuple_Type, &held[WHOLE],
                                     &PyTuple_Type, &held[BEGINNING], &PyTuple_Type, &held[END], &PyTuple_Type,
                                     &held[KINDS], &PyTuple_Type, &held[KINDS + 1], &PyTuple_Type, &held[KINDS + 2],
                                     &asked, &limit, &largest, &room))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Prefilter *self = (Prefilter *)allocate(type, 0); /* all zero */
    if (!self)
        return NULL;
    for (int i = 0; i < KINDS + 3; i++) {
        Py_INCREF(held[i]);
        self->held[i] = held[i];
    }
    self->scan.limit = limit > 0 ? (size_t)limit : 0;
    self->scan.largest = largest > 0 ? (size_t)largest : 0;
    self->scan.room = room > 0 ? (size_t)room : 0;
    self->scan.marked.asked = asked > 0 ? (unsigned)asked : 0;
    if (!plan(self)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void prefilter_dealloc(PyObject *object)
{
    Prefilter *self = (Prefilter *)object;
    PyTypeObject *type = Py_TYPE(object);
    Buffer *buffers[] = {&self->scan.stored, &self->scan.content, &self->scan.records, &self->scan.files,
                         &self->scan.places, &self->scan.row, &self->scan.marks};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        free(buffers[i]->bytes);
    free(self->scan.wanted.literals);
    free(self->scan.marked.names);
    free(self->scan.steps.all);
#ifdef HAVE_LIBDEFLATE
    if (self->scan.inflater)
        libdeflate_free_decompressor(self->scan.inflater);
#endif
    for (int i = 0; i < KINDS + 3; i++)
        Py_XDECREF(self->held[i]);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* A batch begins: this Prefilter is ours until `finish`. */
static int begin(Prefilter *self)
{
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "expected one thread at a time, each with a Prefilter of its own");
        return 0;
    }
    self->busy = 1;
    self->scan.records.size = self->scan.files.size = self->scan.places.size = self->scan.marks.size = 0;
    if (reserve(&self->scan.files, 0) && reserve(&self->scan.places, 0) && reserve(&self->scan.marks, 0) && append(&self->scan.records, "{\"Records\":[", 12))
        return 1;
    self->busy = 0;
    return no_memory();
}

static PyObject *finish(Prefilter *self, int sound)
{
    Scan *scan = &self->scan;
    sound = sound && append(&scan->records, "]}", 2);
    self->busy = 0;
    if (!sound)
        return PyErr_NoMemory();
    return Py_BuildValue("y#y#y#y#", (char *)scan->files.bytes, (Py_ssize_t)scan->files.size, (char *)scan->places.bytes,
                         (Py_ssize_t)scan->places.size, (char *)scan->marks.bytes, (Py_ssize_t)scan->marks.size,
                         (char *)scan->records.bytes, (Py_ssize_t)scan->records.size);
}

static int note(Scan *scan, Outcome outcome)
{
    return outcome.outcome != NO_MEMORY &&
           append_numbers(&scan->files, outcome.outcome, outcome.records, outcome.candidates);
}

static PyObject *prefilter_contents(PyObject *object, PyObject *contents)
{
    Prefilter *self = (Prefilter *)object;
    int sound = 1;
    if (!PyTuple_Check(contents)) {
        PyErr_SetString(PyExc_TypeError, "expected a tuple of bytes or bytearrays");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_Size(contents); i++) {
        PyObject *content = PyTuple_GetItem(contents, i);
        if (!PyBytes_Check(content) && !PyByteArray_Check(content)) { /* others have no NUL behind their end */
            PyErr_SetString(PyExc_TypeError, "expected bytes or a bytearray");
            return NULL;
        }
    }
    if (!begin(self))
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_Size(contents) && sound; i++) {
        Py_buffer content;
        if (PyObject_GetBuffer(PyTuple_GetItem(contents, i), &content, PyBUF_SIMPLE) < 0) {
            self->busy = 0;
            return NULL;
        }
        Py_BEGIN_ALLOW_THREADS
        Outcome outcome = {UNKNOWN, 0, 0};
        if ((size_t)content.len <= self->scan.limit)
            outcome = walk_content(&self->scan, content.buf, (Text)content.buf + content.len);
        sound = note(&self->scan, outcome);
        Py_END_ALLOW_THREADS
        PyBuffer_Release(&content);
    }
    return finish(self, sound);
}

#ifdef HAVE_FILES
static void free_inputs(Input *inputs, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (!inputs[i].path)
            PyBuffer_Release(&inputs[i].bytes);
    free(inputs);
}

/* The members of a tuple: paths are bytes, and contents any other buffer. NULL if one is neither. */
static Input *inputs_of(PyObject *members)
{
    Py_ssize_t count = PyTuple_Size(members);
    Input *inputs = calloc((size_t)count + 1, sizeof *inputs);
    if (!inputs) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GetItem(members, i);
        char *path;
        int taken = PyBytes_Check(item) ? PyBytes_AsStringAndSize(item, &path, NULL) /* not if it holds a NUL */
                                        : PyObject_GetBuffer(item, &inputs[i].bytes, PyBUF_SIMPLE);
        if (taken < 0) {
            free_inputs(inputs, i);
            return NULL;
        }
        if (PyBytes_Check(item))
            inputs[i].path = path;
    }
    return inputs;
}

static PyObject *prefilter_files(PyObject *object, PyObject *members)
{
    Prefilter *self = (Prefilter *)object;
    int sound = 1;
    if (!PyTuple_Check(members)) {
        PyErr_SetString(PyExc_TypeError, "expected a tuple of paths as bytes, or of contents as other buffers");
        return NULL;
    }
    Py_ssize_t count = PyTuple_Size(members);
    Input *inputs = inputs_of(members);
    if (!inputs)
        return NULL;
    if (!begin(self)) {
        free_inputs(inputs, count);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count && sound; i++)
        sound = note(&self->scan, scan_file(&self->scan, &inputs[i]));
    Py_END_ALLOW_THREADS
    free_inputs(inputs, count);
    return finish(self, sound);
}
#endif

static PyMethodDef prefilter_methods[] = {
    {"contents", prefilter_contents, METH_O,
     "contents(tuple of bytes) -> (files, places, marks, records): int64 triples, int64 triples, uint32 rows, and text"},
#ifdef HAVE_FILES
    {"files", prefilter_files, METH_O, "files(tuple of paths as bytes, or of other buffers with what is stored) -> the same for files that are read here"},
#endif
    {NULL, NULL, 0, NULL},
};

static PyType_Slot prefilter_slots[] = {
    {Py_tp_new, prefilter_new},
    {Py_tp_dealloc, prefilter_dealloc},
    {Py_tp_methods, prefilter_methods},
    {0, NULL},
};

static PyType_Spec prefilter_spec = {
    .name = "detector.scan._native.Prefilter",
    .basicsize = sizeof(Prefilter),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = prefilter_slots,
};

static int execute(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&prefilter_spec);
#ifdef HAVE_LIBDEFLATE
    const char *inflater = "libdeflate " LIBDEFLATE_VERSION_STRING;
#else
    const char *inflater = "";
#endif
    if (!type || PyModule_AddObjectRef(module, "Prefilter", type) < 0) {
        Py_XDECREF(type);
        return -1;
    }
    Py_DECREF(type);
    if (PyModule_AddStringConstant(module, "INFLATER", inflater) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "SOURCES", TEXT_OF(SOURCES));
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_native", .m_slots = module_slots};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&module);
}

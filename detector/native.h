/* What both native parts are made of: bytes that grow, and steps through JSON.
 *
 * Nothing here is seen by Python. All is static, so that each part has its own.
 */

#ifndef DETECTOR_NATIVE_H
#define DETECTOR_NATIVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define HAVE_SSE2 1
#endif

/* The checksum that the build puts in, which Python compares: a part whose sources have changed since is not used. */
#ifndef SOURCES
#define SOURCES unknown
#endif
#define SPELLED(word) #word
#define TEXT_OF(macro) SPELLED(macro)

typedef const uint8_t *Text;

typedef struct {
    uint8_t *bytes;
    size_t size, room;
} Buffer;

/* Room for `size` bytes and a NUL behind them, so that the buffer is not NULL even without bytes; false without memory. What
 * it holds is kept. */
static int reserve(Buffer *buffer, size_t size)
{
    if (size >= SIZE_MAX / 2)
        return 0;
    if (size + 1 > buffer->room) {
        size_t room = size + 1 > 2 * buffer->room ? size + 1 : 2 * buffer->room;
        uint8_t *bytes = realloc(buffer->bytes, room);
        if (!bytes)
            return 0;
        buffer->bytes = bytes;
        buffer->room = room;
    }
    return 1;
}

static int append(Buffer *buffer, const void *bytes, size_t size)
{
    if (!reserve(buffer, buffer->size + size))
        return 0;
    if (size)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return 1;
}

static uint32_t hash_of(Text text, size_t size)
{
    uint64_t hash = size * 0x9E3779B97F4A7C15u, part = 0;
    for (; size >= 8; text += 8, size -= 8) {
        memcpy(&part, text, 8);
        hash = (hash ^ part) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    part = 0;
    memcpy(&part, text, size);
    hash = (hash ^ part) * 0xD6E8FEB86659FD93u;
    return (uint32_t)(hash ^ hash >> 32);
}

static inline Text skip_blanks(Text here)
{
    while (*here <= ' ' && (*here == ' ' || *here == '\n' || *here == '\r' || *here == '\t'))
        here++;
    return here;
}

#endif

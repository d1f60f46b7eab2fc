/* The native part once more, as other compilers build it for other processors: without vectors of any kind. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#undef __GNUC__ /* headers of the system have been read by now */
#undef __SSE2__
#undef __x86_64__
#define PyInit__native PyInit__scalar
#include "../detector/scan/_native.c"

/* The native part once more, as it is compiled for processors without the vector instructions that it knows. */

#undef __SSE2__
#define PyInit__native PyInit__scalar
#include "../detector/scan/_native.c"

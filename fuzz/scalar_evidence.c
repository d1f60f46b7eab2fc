/* The native evidence once more, as it is compiled for processors without the vector instructions that it knows. */

#undef __SSE2__
#define PyInit__evidence PyInit__scalar_evidence
#include "../detector/metrics/_evidence.c"

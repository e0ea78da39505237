// The header in C++: it must compile and keep C linkage.
#include "zhifa.h"

static_assert(ZHIFA_ABI_VERSION == 1, "another ABI");

uint32_t version() {
    return zhifa_abi_version();
}

#ifndef DISTML_CCRYPTO_SHIM_H
#define DISTML_CCRYPTO_SHIM_H

// What distml uses of libcrypto: digests, MACs, secure randomness, constant-time comparison.
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#endif

#include "crypto/sha256_pair.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define SHA_CODE __attribute__((target("sha,sse4.1")))

/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* The order in which the instructions have the words of a state, high to low. */
struct state {
	__m128i abef, cdgh;
};

bool sha256_pair_can(void)
{
	unsigned a, b, c, d;
	bool sse;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return false;
	sse = (c & bit_SSE4_1) && (c & bit_SSSE3);
	return sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

SHA_CODE static struct state load(const uint32_t *words)
{
	__m128i dcba = _mm_loadu_si128((const __m128i *)words);
	__m128i hgfe = _mm_loadu_si128((const __m128i *)(words + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);

	return (struct state){ _mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0) };
}

SHA_CODE static void store(struct state s, uint32_t *words)
{
	__m128i feba = _mm_shuffle_epi32(s.abef, 0x1b), dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Four words of the schedule, from the sixteen before them: 6.2.2, step 1. */
SHA_CODE static inline __m128i schedule(const __m128i *w, int i)
{
	__m128i last = w[(i + 3) & 3];
	__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]),
				    _mm_alignr_epi8(last, w[(i + 2) & 3], 4));

	return _mm_sha256msg2_epu32(sum, last);
}

SHA_CODE static inline void add_state(struct state *to, struct state before)
{
	to->abef = _mm_add_epi32(to->abef, before.abef);
	to->cdgh = _mm_add_epi32(to->cdgh, before.cdgh);
}

SHA_CODE static inline void add_block(struct state *a, struct state *b, const uint8_t *block)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
	const struct state a_before = *a, b_before = *b;
	__m128i w[4] = { 0 };

#pragma GCC unroll 16
	for (int i = 0; i < 16; i++) { /* four rounds each */
		__m128i m;

		if (i < 4)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)),
						big_endian);
		else
			w[i & 3] = schedule(w, i);
		m = _mm_add_epi32(w[i & 3], _mm_load_si128((const __m128i *)(constants + 4 * i)));
		a->cdgh = _mm_sha256rnds2_epu32(a->cdgh, a->abef, m);
		b->cdgh = _mm_sha256rnds2_epu32(b->cdgh, b->abef, m);
		m = _mm_shuffle_epi32(m, 0x0e);
		a->abef = _mm_sha256rnds2_epu32(a->abef, a->cdgh, m);
		b->abef = _mm_sha256rnds2_epu32(b->abef, b->cdgh, m);
	}
	add_state(a, a_before);
	add_state(b, b_before);
}

SHA_CODE void sha256_pair_add(uint32_t a[static SHA256_WORDS], uint32_t b[static SHA256_WORDS],
			      const uint8_t *blocks, size_t n)
{
	struct state state_a = load(a), state_b = load(b);

	for (size_t i = 0; i < n; i++)
		add_block(&state_a, &state_b, blocks + i * SHA256_BLOCK);
	store(state_a, a);
	store(state_b, b);
}

#else

#include <stdlib.h>

bool sha256_pair_can(void)
{
	return false;
}

void sha256_pair_add(uint32_t a[static SHA256_WORDS], uint32_t b[static SHA256_WORDS],
		     const uint8_t *blocks, size_t n)
{
	(void)a, (void)b, (void)blocks, (void)n;
	abort(); /* nobody asked sha256_pair_can() */
}

#endif

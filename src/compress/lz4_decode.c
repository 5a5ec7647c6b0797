/*
 * From the block format: a token with two lengths, literals, a distance, and so on until
 * the literals that end the block. Every length is held against what is left on both sides.
 */
#include "compress/lz4.h"

#define MATCH_MIN 4u
#define FIELD_FULL 15u

struct state {
	struct bytes in;
	size_t at;
	uint8_t *out;
	size_t n, size;
};

/* A length whose field in the token is full goes on in the next bytes; false: not in @in. */
static bool read_length(struct state *s, size_t field, size_t *ret)
{
	uint8_t more = 255;

	if (field == FIELD_FULL) {
		for (; more == 255; field += more) {
			if (s->at == s->in.len || field > s->size)
				return false;
			more = s->in.ptr[s->at++];
		}
	}
	*ret = field;
	return true;
}

static bool copy_literals(struct state *s, size_t n)
{
	if (n > s->in.len - s->at || n > s->size - s->n)
		return false;
	memcpy(s->out + s->n, s->in.ptr + s->at, n);
	s->at += n;
	s->n += n;
	return true;
}

/* The match may reach into what it makes: it repeats itself then. */
static bool copy_match(struct state *s, size_t distance, size_t n)
{
	if (distance == 0 || distance > s->n || n > s->size - s->n)
		return false;
	while (n > 0) {
		size_t now = n < distance ? n : distance;

		memcpy(s->out + s->n, s->out + s->n - distance, now);
		s->n += now;
		n -= now;
		distance += now;
	}
	return true;
}

static bool decode(struct state *s)
{
	while (s->at < s->in.len) {
		uint8_t token = s->in.ptr[s->at++];
		size_t distance, length = 0;

		if (!read_length(s, token >> 4, &length) || !copy_literals(s, length))
			return false;
		if (s->at == s->in.len)
			return s->n == s->size && (token & FIELD_FULL) == 0;
		if (s->in.len - s->at < 2)
			return false;
		distance = s->in.ptr[s->at] | (size_t)s->in.ptr[s->at + 1] << 8;
		s->at += 2;
		if (!read_length(s, token & FIELD_FULL, &length) ||
		    !copy_match(s, distance, length + MATCH_MIN))
			return false;
	}
	return false;
}

int lz4_decode(struct bytes in, uint8_t *to, size_t size, struct error *err)
{
	struct state s = { .in = in, .out = to, .size = size };

	if (decode(&s))
		return 0;
	return err_set(err, ERR_FORMAT, "a block of LZ4 is broken at byte %zu of %zu", s.at,
		       in.len);
}

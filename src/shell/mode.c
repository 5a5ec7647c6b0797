#include "shell/mode.h"

#define SET_IDS 06000
#define ALL_R 0444
#define ALL_W 0222
#define ALL_X 0111

struct scan {
	const char *at, *end;
};

static char peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool is_op(char c)
{
	return c == '=' || c == '+' || c == '-';
}

static bool parse_octal(struct scan *s, uint16_t *ret)
{
	unsigned value = 0;

	while (is_octal(peek(s))) {
		value = 8 * value + (unsigned)(*s->at++ - '0');
		if (value > 07777)
			return false;
	}
	*ret = (uint16_t)value;
	return true;
}

static bool parse_who(struct scan *s, uint16_t *affected)
{
	for (*affected = 0;; s->at++) {
		switch (peek(s)) {
		case 'u':
			*affected |= 04700;
			break;
		case 'g':
			*affected |= 02070;
			break;
		case 'o':
			*affected |= 01007;
			break;
		case 'a':
			*affected |= 07777;
			break;
		default:
			return is_op(peek(s));
		}
	}
}

static void parse_letters(struct scan *s, struct mode_clause *c)
{
	for (;; s->at++) {
		switch (peek(s)) {
		case 'r':
			c->value |= ALL_R;
			break;
		case 'w':
			c->value |= ALL_W;
			break;
		case 'x':
			c->value |= ALL_X;
			break;
		case 'X':
			c->flag = MODE_X_IF_ANY;
			break;
		case 's':
			c->value |= SET_IDS;
			break;
		case 't':
			c->value |= 01000;
			break;
		default:
			return;
		}
	}
}

static bool parse_clause(struct scan *s, uint16_t affected, struct mode_clause *c)
{
	*c = (struct mode_clause){ .op = *s->at++, .affected = affected };
	if (is_octal(peek(s))) {
		if (!parse_octal(s, &c->value) || affected || (peek(s) && peek(s) != ','))
			return false;
		c->affected = c->mentioned = 07777;
		return true;
	}
	c->flag = MODE_COPY;
	switch (peek(s)) {
	case 'u':
		c->value = 0700;
		break;
	case 'g':
		c->value = 0070;
		break;
	case 'o':
		c->value = 0007;
		break;
	default:
		c->flag = MODE_PLAIN;
		parse_letters(s, c);
		s->at--;
	}
	s->at++;
	c->mentioned = affected ? affected & c->value : c->value;
	return true;
}

bool mode_parse(struct str text, struct mode_change *ret)
{
	struct scan s = { text.ptr, text.ptr + text.len };
	uint16_t affected;

	ret->n = 0;
	if (is_octal(peek(&s))) {
		struct mode_clause *c = &ret->clauses[ret->n++];

		*c = (struct mode_clause){ .op = '=', .affected = 07777 };
		if (!parse_octal(&s, &c->value) || s.at != s.end)
			return false;
		/* Up to four digits: a folder's set-id bits are not meant. */
		c->mentioned = text.len < 5 ? (c->value & 07000) | 0777 : 07777;
		return true;
	}
	for (;; s.at++) {
		if (!parse_who(&s, &affected))
			return false;
		do {
			if (ret->n == MODE_CLAUSES_MAX)
				return false;
			if (!parse_clause(&s, affected, &ret->clauses[ret->n++]))
				return false;
		} while (is_op(peek(&s)));
		if (peek(&s) != ',')
			return s.at == s.end;
	}
}

static uint16_t clause_value(const struct mode_clause *c, uint16_t mode, bool folder)
{
	uint16_t value = c->value;

	if (c->flag == MODE_COPY) {
		value &= mode;
		value |= (uint16_t)((value & ALL_R ? ALL_R : 0) | (value & ALL_W ? ALL_W : 0) |
				    (value & ALL_X ? ALL_X : 0));
	} else if (c->flag == MODE_X_IF_ANY && (folder || mode & ALL_X)) {
		value |= ALL_X;
	}
	return value;
}

uint16_t mode_adjust(const struct mode_change *change, uint16_t mode, bool folder, uint16_t umask,
		     uint16_t *ret_bits)
{
	unsigned now = mode, bits = 0;

	for (unsigned i = 0; i < change->n; i++) {
		const struct mode_clause *c = &change->clauses[i];
		unsigned omit = (folder ? SET_IDS : 0u) & ~(unsigned)c->mentioned;
		unsigned value = clause_value(c, (uint16_t)now, folder);
		unsigned kept = (c->affected ? ~(unsigned)c->affected : 0) | omit;

		value &= (c->affected ? c->affected : ~(unsigned)umask) & ~omit;
		bits |= c->op == '=' ? ~kept : value;
		if (c->op == '=')
			now = (now & kept) | value;
		else if (c->op == '+')
			now |= value;
		else
			now &= ~value;
		now &= 07777;
	}
	*ret_bits = bits & 07777;
	return (uint16_t)now;
}

uint16_t mode_apply(const struct mode_change *change, uint16_t mode, bool folder, uint16_t umask)
{
	uint16_t bits;

	return mode_adjust(change, mode, folder, umask, &bits);
}

void mode_format(uint16_t mode, char ret[static 10])
{
	static const char letters[] = "rwxrwxrwx";

	for (unsigned i = 0; i < 9; i++)
		ret[i] = mode & (0400u >> i) ? letters[i] : '-';
	if (mode & 04000)
		ret[2] = mode & 0100 ? 's' : 'S';
	if (mode & 02000)
		ret[5] = mode & 0010 ? 's' : 'S';
	if (mode & 01000)
		ret[8] = mode & 0001 ? 't' : 'T';
	ret[9] = 0;
}

#include "debian/jks.h"

#include "base/endian.h"
#include "crypto/hash.h"

#define JKS_MAGIC 0xfeedfeedu
#define JKS_VERSION 2u
#define JKS_TRUSTED 2u	    /* tag of an entry that is a certificate */
#define JKS_MAX (64u << 20) /* bytes */
#define JKS_ENTRIES 10000u
#define JKS_WHITENER "Mighty Aphrodite"

/* SHA-1 over the password in UTF-16, a constant, and all before the digest. */
static void sign(struct str password, struct bytes data, uint8_t ret[static SHA1_SIZE])
{
	CLEANUP_BUF struct buf text = BUF_INIT(JKS_MAX + 4096u);

	for (size_t i = 0; i < password.len && i < 1024; i++) {
		buf_add_char(&text, '\0');
		buf_add_char(&text, password.ptr[i]);
	}
	buf_add_cstr(&text, JKS_WHITENER);
	buf_add(&text, data.ptr, data.len);
	hash_sha1(buf_bytes(&text), ret);
}

static bool take(struct bytes *rest, size_t n, const uint8_t **ret)
{
	if (rest->len < n)
		return false;
	*ret = rest->ptr;
	*rest = (struct bytes){ rest->ptr + n, rest->len - n };
	return true;
}

static bool take32(struct bytes *rest, uint32_t *ret)
{
	const uint8_t *p;

	if (!take(rest, 4, &p))
		return false;
	*ret = get_be32(p);
	return true;
}

static bool take_text(struct bytes *rest, struct str *ret)
{
	const uint8_t *p, *text;
	size_t n;

	if (!take(rest, 2, &p))
		return false;
	n = (size_t)p[0] << 8 | p[1];
	if (!take(rest, n, &text))
		return false;
	*ret = (struct str){ (const char *)text, n };
	return true;
}

static bool take_entry(struct bytes *rest, struct jks_entry *ret)
{
	uint32_t tag, high, low, len;
	struct str type;
	const uint8_t *der;

	if (!take32(rest, &tag) || tag != JKS_TRUSTED || !take_text(rest, &ret->alias) ||
	    !take32(rest, &high) || !take32(rest, &low) || !take_text(rest, &type) ||
	    !str_equal_cstr(type, "X.509") || !take32(rest, &len) || !take(rest, len, &der))
		return false;
	ret->time = (int64_t)((uint64_t)high << 32 | low);
	ret->der = (struct bytes){ der, len };
	return true;
}

int jks_decode(struct bytes data, struct str password, struct arena *arena, struct jks *ret,
	       struct error *err)
{
	struct bytes rest = data;
	uint32_t magic, version, n;
	uint8_t digest[SHA1_SIZE];

	*ret = (struct jks){ .arena = arena };
	if (data.len > JKS_MAX || !take32(&rest, &magic) || magic != JKS_MAGIC ||
	    !take32(&rest, &version) || version != JKS_VERSION || !take32(&rest, &n) ||
	    n > JKS_ENTRIES)
		return err_set(err, ERR_UNSUPPORTED, "the keystore is not of Java's type JKS");
	for (uint32_t i = 0; i < n; i++) {
		struct jks_entry entry;

		if (!take_entry(&rest, &entry))
			return err_set(err, ERR_UNSUPPORTED,
				       "the keystore holds more than trusted certificates");
		jks_set(ret, entry);
	}
	sign(password, (struct bytes){ data.ptr, data.len - rest.len }, digest);
	if (rest.len != SHA1_SIZE || memcmp(digest, rest.ptr, SHA1_SIZE) != 0)
		return err_set(err, ERR_UNSUPPORTED, "the keystore has another password");
	return 0;
}

static void add32(struct buf *to, uint32_t v)
{
	uint8_t word[4];

	put_be32(word, v);
	buf_add(to, word, sizeof(word));
}

static void add_text(struct buf *to, struct str s)
{
	buf_add_char(to, (char)(s.len >> 8));
	buf_add_char(to, (char)s.len);
	buf_add_str(to, s);
}

void jks_encode(const struct jks *k, struct str password, struct buf *to)
{
	uint8_t digest[SHA1_SIZE];

	add32(to, JKS_MAGIC);
	add32(to, JKS_VERSION);
	add32(to, (uint32_t)k->n);
	for (size_t i = 0; i < k->n; i++) {
		const struct jks_entry *e = &k->entries[i];

		add32(to, JKS_TRUSTED);
		add_text(to, e->alias);
		add32(to, (uint32_t)((uint64_t)e->time >> 32));
		add32(to, (uint32_t)e->time);
		add_text(to, STR("X.509"));
		add32(to, (uint32_t)e->der.len);
		buf_add(to, e->der.ptr, e->der.len);
	}
	sign(password, buf_bytes(to), digest);
	buf_add(to, digest, sizeof(digest));
}

/* Where @alias is, or belongs. */
static size_t position(const struct jks *k, struct str alias, bool *ret_there)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(k->entries[middle].alias, alias);

		if (order == 0) {
			*ret_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_there = false;
	return low;
}

void jks_set(struct jks *k, struct jks_entry entry)
{
	bool there;
	size_t at = position(k, entry.alias, &there);

	if (there) {
		k->entries[at] = entry;
		return;
	}
	if (k->n == k->capacity) {
		size_t wider = k->capacity ? 2 * k->capacity : 256;
		struct jks_entry *grown = arena_array(k->arena, wider, sizeof(*grown));

		if (k->n)
			memcpy(grown, k->entries, k->n * sizeof(*grown));
		k->entries = grown;
		k->capacity = wider;
	}
	memmove(&k->entries[at + 1], &k->entries[at], (k->n - at) * sizeof(*k->entries));
	k->entries[at] = entry;
	k->n++;
}

void jks_remove(struct jks *k, struct str alias)
{
	bool there;
	size_t at = position(k, alias, &there);

	if (!there)
		return;
	memmove(&k->entries[at], &k->entries[at + 1], (k->n - at - 1) * sizeof(*k->entries));
	k->n--;
}

/*
 * Two-byte characters that are lower case already: of Latin-1 U+00DF to U+00FF, of
 * Latin Extended-A the odd ones up to U+0137 and from U+014B to U+0177.
 */
static bool is_lower(unsigned c)
{
	if (c >= 0xdf && c <= 0xff)
		return true;
	return (c & 1) && ((c >= 0x101 && c <= 0x137) || (c >= 0x14b && c <= 0x177));
}

bool jks_alias(struct arena *arena, struct str name, struct str *ret)
{
	char *text = arena_strdup(arena, name);

	if (name.len > UINT16_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = (uint8_t)text[i], next = (uint8_t)text[i + 1];

		if (c >= 'A' && c <= 'Z')
			text[i] = (char)(c + 32);
		if (c < 0x80)
			continue;
		if ((c & 0xe0) != 0xc0 || (next & 0xc0) != 0x80 ||
		    !is_lower((unsigned)(c & 0x1f) << 6 | (next & 0x3f)))
			return false;
		i++;
	}
	*ret = (struct str){ text, name.len };
	return true;
}

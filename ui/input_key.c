#include "ui/input_key.h"

#include "base/mem.h"

struct key_row {
	int code;
	enum input_key key;
};

/* CSI code ~ (DEC VT220; 1 and 4 also rxvt's 7 and 8). */
static const struct key_row tilde_keys[] = {
	{ 1, INPUT_HOME }, { 2, INPUT_INSERT },  { 3, INPUT_DELETE },
	{ 4, INPUT_END },  { 5, INPUT_PAGE_UP }, { 6, INPUT_PAGE_DOWN },
	{ 7, INPUT_HOME }, { 8, INPUT_END },     { 11, INPUT_F1 },
	{ 12, INPUT_F2 },  { 13, INPUT_F3 },     { 14, INPUT_F4 },
	{ 15, INPUT_F5 },  { 17, INPUT_F6 },     { 18, INPUT_F7 },
	{ 19, INPUT_F8 },  { 20, INPUT_F9 },     { 21, INPUT_F10 },
	{ 23, INPUT_F11 }, { 24, INPUT_F12 },
};

/* CSI letter and SS3 letter (xterm). */
static const struct key_row letter_keys[] = {
	{ 'A', INPUT_UP },   { 'B', INPUT_DOWN }, { 'C', INPUT_RIGHT },
	{ 'D', INPUT_LEFT }, { 'H', INPUT_HOME }, { 'F', INPUT_END },
	{ 'P', INPUT_F1 },   { 'Q', INPUT_F2 },   { 'R', INPUT_F3 },
	{ 'S', INPUT_F4 },
};

/* rxvt: with Shift after CSI, with Ctrl after SS3. */
static const struct key_row rxvt_keys[] = {
	{ 'a', INPUT_UP },
	{ 'b', INPUT_DOWN },
	{ 'c', INPUT_RIGHT },
	{ 'd', INPUT_LEFT },
};

/* CSI code u: the keypad of kitty's protocol ("Functional key
 * definitions"). */
static const struct key_row kitty_keys[] = {
	{ 57414, INPUT_ENTER },     { 57417, INPUT_LEFT },
	{ 57418, INPUT_RIGHT },     { 57419, INPUT_UP },
	{ 57420, INPUT_DOWN },      { 57421, INPUT_PAGE_UP },
	{ 57422, INPUT_PAGE_DOWN }, { 57423, INPUT_HOME },
	{ 57424, INPUT_END },       { 57425, INPUT_INSERT },
	{ 57426, INPUT_DELETE },
};

static uint32_t
find_key(const struct key_row *rows, size_t count, int code)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return rows[i].key;
	return 0;
}

#define FIND_KEY(rows, code) find_key(rows, ARRAY_LEN(rows), code)

uint32_t
input_key_tilde(int code)
{
	return FIND_KEY(tilde_keys, code);
}

uint32_t
input_key_letter(char letter)
{
	return FIND_KEY(letter_keys, letter);
}

uint32_t
input_key_rxvt(char letter)
{
	return FIND_KEY(rxvt_keys, letter);
}

uint32_t
input_key_kitty(int code)
{
	if (code >= 57399 && code <= 57408)
		return (uint32_t)(code - 57399 + '0');
	if (code >= 57409 && code <= 57413)
		return (uint32_t)("./*-+"[code - 57409]);
	if (code == 57415)
		return '=';
	return FIND_KEY(kitty_keys, code);
}

/*
 * input_key.h - the numbers and letters by which terminals name keys. For
 * ui/input.c. All give 0 when there is no such key.
 */
#ifndef AGENTOPS_UI_INPUT_KEY_H
#define AGENTOPS_UI_INPUT_KEY_H

#include "ui/input.h"

/* CSI code ~ (DEC VT220, rxvt). */
uint32_t input_key_tilde(int code);
/* CSI letter and SS3 letter (ECMA-48, xterm). */
uint32_t input_key_letter(char letter);
/* rxvt's arrows: with Shift after CSI, with Ctrl after SS3. */
uint32_t input_key_rxvt(char letter);
/* CSI code u: the keypad in kitty's protocol ("Functional key
 * definitions"), also the keys of it that are characters. */
uint32_t input_key_kitty(int code);

#endif

#pragma once

/*
 * tests/unit/format/dsse_vectors.h - the keys of RFC 8032, section 7.1 (TEST 1, TEST 2), and
 * their signatures over the PAE of DSSE's protocol.md, made by OpenSSL's command.
 */

#define KEY_ONE "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define SIGNATURE_ONE \
	"e031d7dd99f8aa904abc48fb99a13c3bdbbd6e35c49cf2cb9f25d5509d8f5c94" \
	"7c0d22dc2f7403a45bdf24e8f7a41fd23c7b25e898386e8c6c31be8abee60007"
#define KEY_TWO "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define SIGNATURE_TWO \
	"30277429c6500fad6d736c5f1ac10f942a6a79d0e96058565d5abc14eb1a8be8" \
	"f09149dcebbadbde645b9fa2ca2666d92b8663f10987a3be12cfea6fb807e103"

#include "tar_repair.h"

#include <stdio.h>
#include <string.h>

void tar_repair(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 512 <= size; at += 512) {
		unsigned sum = 8 * ' ';
		char text[16];

		if (memcmp(data + at + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < 512; i++)
			sum += i < 148 || i >= 156 ? data[at + i] : 0;
		snprintf(text, sizeof(text), "%06o%c ", sum & 0777777, 0);
		memcpy(data + at + 148, text, 8);
	}
}

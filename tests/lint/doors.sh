#!/bin/bash
# One door a dependency: only one room includes a library's headers.
. "$(dirname "$0")/../lib.sh"

sed -n 's/^\([a-z][a-z]* .*\)/\1/p' tests/lint/rooms | while read -r room doors; do
	for door in $doors; do
		grep -rnE --include='*.[ch]' "^ *# *include +<$door" src | grep -v "^src/$room/"
	done
done | lint "each library has one door"

# A header outside this list belongs to a library that has no door yet.
known='a(ssert|rpa/inet)|byteswap|c(type|omplex)|d(irent|lfcn)|endian|errno|f(cntl|loat|nmatch|tw)|getopt'
known="$known|inttypes|iso646|limits|linux/[a-z0-9_]+|locale|math|net(db|inet/[a-z]+)|poll|pthread|pwd|grp"
known="$known|s(ched|etjmp|ignal|pawn|tdalign|tdarg|tdatomic|tdbool|tddef|tdint|tdio|tdlib|tring|trings)"
known="$known|sys/[a-z]+|t(ermios|gmath|hreads|ime)|unistd|wchar|sanitizer/[a-z_]+"
doors=$(sed -n 's/^[a-z][a-z]* \(.*\)/\1/p' tests/lint/rooms | tr ' ' '\n' | paste -sd '|')
grep -rnE --include='*.[ch]' '^ *# *include +<' src | grep -vE "<($known)\.h>" | grep -vE "<($doors)" |
	lint "no library comes in without a door"

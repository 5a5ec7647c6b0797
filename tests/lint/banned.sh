#!/bin/bash
# Calls that have no place: shells, unbounded copies, randomness; and in pure
# rooms also the clock, the environment, files, directory order and the locale.
. "$(dirname "$0")/../lib.sh"
pure='src/tree src/format src/shell src/debian src/compose src/image'

# Code of a file without comments and strings, as PATH:LINE:TEXT.
code() {
	find "$@" -name '*.[ch]' 2>/dev/null | sort | while read -r file; do
		awk -v file="$file" '
		{
			line = $0
			gsub(/\\./, "", line)
			gsub(/"[^"]*"/, "\"\"", line)
			if (comment) {
				if (!(i = index(line, "*/"))) next
				line = substr(line, i + 2); comment = 0
			}
			while (i = index(line, "/*")) {
				rest = substr(line, i + 2)
				if (!(j = index(rest, "*/"))) { comment = 1; line = substr(line, 1, i - 1); break }
				line = substr(line, 1, i - 1) " " substr(rest, j + 2)
			}
			print file ":" NR ":" line
		}' "$file"
	done
}
calls() { grep -E ":[0-9]+:(.*[^a-z_0-9>.])?($1) *\("; }

code src | calls 'system|popen|strcpy|strcat|sprintf|vsprintf|gets|s?rand|random|drand48|mktemp|tmpnam|alloca|atoi|atol|strtok|setlocale' |
	lint "no shell, no unbounded copy, no randomness"
# shellcheck disable=SC2086 # a list of folders
code $pure | calls 'time|gettimeofday|clock_gettime|clock|localtime(_r)?|gmtime(_r)?|ctime|strftime|mktime|getenv|secure_getenv|gethostname|uname|getpid|getuid|geteuid|getpw[a-z_]*|getgr[a-z_]*|setlocale|nl_langinfo|readdir|scandir|opendir|nftw|glob|open|openat|fopen|stat|fstat|lstat|socket|fork|exec[lv][pe]*|sysconf|getrandom|qsort_r' |
	lint "pure rooms read no clock, environment, file or folder"
code src | grep -E ':[0-9]+:.*\b(float|double)\b' | grep -E '^src/(tree|format|debian|compose|image|resolve|recipe)/' |
	lint "no floating point where bytes are decided"
code src | calls 'fprintf|printf|puts|fputs|perror|putchar|vfprintf' |
	grep -vE '^src/(cli/|base/error\.c:|base/mem\.c:|main\.c:)' |
	lint "only the command line prints"
# child.c leaves a child that it has forked.
code src | calls 'exit|_exit|quick_exit' |
	grep -vE '^src/(cli/|base/mem\.c:|main\.c:|io/child\.c:)' |
	lint "only the command line exits"

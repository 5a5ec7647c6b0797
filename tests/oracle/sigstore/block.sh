#!/bin/bash
# block.sh NAME: what docs/signing.md shows behind the mark NAME.
awk -v mark="sigstore.sh: $1 -->" '
	index($0, mark) { found = 1; next }
	found && /^```/ { if (inside) exit; inside = 1; next }
	inside' "$(dirname "$0")/../../../docs/signing.md"

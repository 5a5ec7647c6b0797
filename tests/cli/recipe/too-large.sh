#!/bin/sh
{ printf 'ingot: 1\n#'; head -c 1100000 /dev/zero | tr '\0' x; } >recipes/too-large.yaml

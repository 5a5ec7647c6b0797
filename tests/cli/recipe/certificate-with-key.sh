#!/bin/sh
mkdir recipes/keys
printf -- '-----BEGIN EC PRIVATE'' KEY-----\nMII\n' >recipes/keys/ca.pem

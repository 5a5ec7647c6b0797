#!/bin/sh
mkdir -p recipes/app
printf -- '-----BEGIN RSA PRIVATE'' KEY-----\nMII\n' >recipes/app/server.pem

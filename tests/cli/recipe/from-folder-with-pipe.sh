#!/bin/sh
mkdir -p recipes/app/run
mkfifo recipes/app/run/pipe

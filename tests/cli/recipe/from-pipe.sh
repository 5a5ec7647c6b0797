#!/bin/sh
mkdir recipes/files
mkfifo recipes/files/pipe

#!/bin/sh
mkdir -p recipes/app/.git
echo x >recipes/app/.git/config

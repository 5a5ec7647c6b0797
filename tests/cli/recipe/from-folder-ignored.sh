#!/bin/sh
mkdir -p recipes/app/__pycache__
echo x >recipes/app/main.py
echo x >recipes/app/__pycache__/main.pyc
printf '# caches\n__pycache__/\n' >.gitignore

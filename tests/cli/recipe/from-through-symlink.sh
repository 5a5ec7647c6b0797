#!/bin/sh
mkdir -p recipes/files/real
echo x >recipes/files/real/app.conf
ln -s real recipes/files/linked

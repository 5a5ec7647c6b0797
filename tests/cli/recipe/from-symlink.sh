#!/bin/sh
mkdir recipes/files
ln -s /etc/hostname recipes/files/link

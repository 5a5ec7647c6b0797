#!/bin/sh
echo 'ingot: 1' >outside.yaml
ln -s ../outside.yaml recipes/a.yaml

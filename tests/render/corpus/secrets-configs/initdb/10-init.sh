#!/bin/sh
echo "$1 ready" ${HOME}

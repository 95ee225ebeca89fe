#!/bin/sh
# Every shell script of the repository under shellcheck. The kit's files are pieces of one script,
# which its own test checks whole; the files that the render tests deploy are input.
set -eu
cd "$(dirname "$0")/../../.."

if ! command -v shellcheck >/dev/null 2>&1; then
  echo 'shellcheck is missing, shell scripts are not checked: https://www.shellcheck.net'
  exit 0
fi

{
  find . -type d \
    \( -name node_modules -o -name .git -o -name .lab -o -name .cache -o -name dist \) -prune -o \
    -type f -name '*.sh' ! -path './src/hosts/kit/*' ! -path './tests/render/corpus/*' -print
  grep -rlE '^#!/bin/(ba)?sh' . --exclude='*.*' --exclude-dir=node_modules --exclude-dir=.git \
    --exclude-dir=.lab --exclude-dir=.cache --exclude-dir=dist
} | sort -u | tr '\n' '\0' | xargs -0 shellcheck -x

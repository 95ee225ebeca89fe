#!/bin/sh
# Makes node_modules fit package-lock.json, or says which Node is needed.
set -eu
cd "$(dirname "$0")/../../.."

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number)
    process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
  echo 'Node 20.19 or newer is needed: https://nodejs.org/en/download' >&2
  exit 1
fi

# npm keeps a list of what it installed; packages for other platforms are missing from it.
if ! node -e '
    const { readFileSync } = require("node:fs")
    const read = (file) => JSON.parse(readFileSync(file, "utf8")).packages
    const installed = read("node_modules/.package-lock.json")
    const { "": _, ...wanted } = read("package-lock.json")
    for (const [name, { version, optional }] of Object.entries(wanted)) {
      const found = installed[name]
      if (found === undefined ? !optional : found.version !== version) process.exit(1)
    }' 2>/dev/null; then
  echo 'installing node_modules from package-lock.json'
  npm ci --no-audit --no-fund --loglevel=error </dev/null
fi

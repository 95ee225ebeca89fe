import {
  onlyHostsReachOut,
  onlyOneFileQuotes,
  onlyTheEdgePrints,
  pureFoldersOnlyCompute,
} from './reach-rules.ts'
import { ruleHolds, type Files } from './rule.ts'

/** One planted file for each line of code, so that a rule has to see every one of them. */
function each(folder: string, lines: readonly string[]): Files {
  return Object.fromEntries(lines.map((line, i) => [`src/${folder}/planted-${i}.ts`, line]))
}

ruleHolds('the folders before hosts/ only compute', pureFoldersOnlyCompute, {
  sees: [
    {
      what: 'I/O, clocks, chance, timers and the process',
      files: each('plan', [
        "import { readFileSync } from 'node:fs'",
        "import { readFile } from 'node:fs/promises'",
        "import { setTimeout } from 'node:timers/promises'",
        'const at = Date.now()',
        'const at = new Date().toISOString()',
        'const at = new Date',
        'const half = Math.random() < 0.5',
        'await new Promise((resolve) => setTimeout(resolve, 5))',
        'const home = process.env.HOME',
        "const answer = await fetch('http://x')",
        "import { randomUUID } from 'node:crypto'",
        'const id = crypto.randomUUID()',
        'console.log(1)',
        'const at = performance.now()',
        'const at = `${Date.now()}`',
      ]),
    },
  ],
  allows: [
    {
      what: 'computing, types, given times, and names that look alike',
      files: each('plan', [
        "import { createHash } from 'node:crypto'",
        "import { posix } from 'node:path'",
        "import type { Readable } from 'node:stream'",
        'const at = new Date(clock.now()).toISOString()',
        'const answer = await world.fetch(1)',
        'interface A { readonly process: string; fetch?: string }',
        '// Date.now() is handed in',
        "const text = 'process.env'",
      ]),
    },
    { what: 'all of it in hosts/', files: { 'src/hosts/planted.ts': 'const at = Date.now()' } },
  ],
})

ruleHolds('only hosts/ spawns processes and opens sockets', onlyHostsReachOut, {
  sees: [
    {
      what: 'them elsewhere, with and without the prefix',
      files: each('checks', [
        "import { spawn } from 'node:child_process'",
        "import { connect } from 'net'",
        "import { request } from 'node:http'",
        "import { lookup } from 'node:dns/promises'",
        "const tls = await import('node:tls')",
      ]),
    },
  ],
  allows: [
    {
      what: 'hosts/ to do it, and server/ to listen',
      files: {
        'src/hosts/planted.ts': "import { spawn } from 'node:child_process'",
        'src/server/planted.ts': "import { createServer } from 'node:http'",
      },
    },
  ],
})

ruleHolds('only cli/ and server/ print, exit and read the environment', onlyTheEdgePrints, {
  sees: [
    {
      what: 'each of them elsewhere',
      files: each('operations', [
        "console.error('x')",
        "process.stdout.write('x')",
        'process.exit(1)',
        'process.exitCode = 1',
        'const { HOME } = process.env',
        'const home = process.env.HOME',
        'const { env } = process',
        "process.on('SIGINT', stop)",
        "import { env } from 'node:process'",
      ]),
    },
  ],
  allows: [
    {
      what: 'cli/ to do it, and anybody to ask for the process id',
      files: {
        'src/cli/planted.ts': 'process.exit(process.env.X)',
        'src/hosts/planted.ts': 'const name = `belay-${process.pid}`',
      },
    },
  ],
})

ruleHolds('only hosts/shell.ts quotes', onlyOneFileQuotes, {
  sees: [
    {
      what: 'quoting by hand, and lines that are put together',
      files: each('hosts', [
        String.raw`const q = (s: string) => s.replaceAll("'", "'\\''")`,
        String.raw`const q = s.split("'").join(String.raw${'`'}'\''${'`'})`,
        `const q = s.replace(/'/g, \`'"'"'\`)`,
        'function shellQuote(s: string) { return s }',
        "await host.run(['sh', '-c', `rm ${path}`])",
      ]),
    },
  ],
  allows: [
    {
      what: 'an argv, and a fixed line',
      files: each('hosts', [
        "await host.run(['rm', path])",
        "await host.run(['sh', '-c', 'exec \"$@\"', 'sh', path])",
      ]),
    },
  ],
})

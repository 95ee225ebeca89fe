import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { must } from '../lab/command.ts'
import { type Figure, verdictOf } from './figures.ts'
import { sectionIn, withSection } from './peers/page.ts'
import type { Stand } from './stand.ts'

const FILE = 'docs/benchmarks.md'

export type Result = {
  readonly figures: readonly Figure[]
  readonly runs: number
  readonly minutes: number
  /** Programs that wanted a core before the first measurement, on average. */
  readonly loadBefore: number
}

/** Keeps the result where readers look for it. */
export async function writeDoc(stand: Stand, result: Result): Promise<void> {
  const { figures, runs, minutes } = result
  const rows = figures.map(
    (it) => `| ${it.what} | ${it.target} | ${it.measured} | ${verdictOf(it)} |`,
  )
  const meanings = figures.map(({ what, meaning }) => `- **${what}.** ${meaning}`)
  const text = `# Benchmarks

Written by \`npm run bench\`, which takes all of these figures in one run: ${today()},
${Math.round(minutes)} minutes. Medians of ${runs} runs unless a line says otherwise; the shortest
and the longest in brackets.

| | target | measured | |
|---|---|---|---|
${rows.join('\n')}

## Where

${(await machine(stand, result)).map((line) => `- ${line}`).join('\n')}

Two lab servers: containers with sshd and a Docker of their own (\`tests/lab\`), on the machine
that runs Belay, the clients and everything else. The app is \`examples/shop\` without its
database, its image already on the servers.

## What each line means

${meanings.join('\n')}

**The script** does the same work with none of the safety, called by one \`ssh\`: \`docker compose
up -d\` of a new project with the same image, ask its health page through the proxy every 50 ms
until it answers, rename the token in the route's folder, poll the proxy until the old slot has
had nothing in flight twice, stop the old container. It takes no lease, keeps no record, cannot go
back and asks nothing twice (\`tests/bench/script.ts\`).

**Lost requests** are counted on both servers by clients that never ask twice (\`tests/load\`): 50
raw keep-alive connections to each, GET and POST with bodies in pieces, one connection in ten
asking for pages that take up to 5 s, and one WebSocket that is kept open. The app ignores
SIGTERM. A reset, a close before the answer is whole, another status than 200 or a wrong body is a
loss.
`
  const section = sectionIn(readFileSync(FILE, 'utf8'))
  writeFileSync(FILE, section === undefined ? text : withSection(text, section))
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

async function machine({ server }: Stand, { loadBefore }: Result): Promise<string[]> {
  const engine = await server.run(['docker', 'version', '--format', '{{.Server.Version}}'])
  const compose = await server.run(['docker', 'compose', 'version', '--short'])
  const outer = await must(['docker', 'version', '--format', '{{.Server.Version}}'])
  const ssh = await server.sh('ssh -V 2>&1')
  const memory = (totalmem() / 1024 ** 3).toFixed(0)
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  return [
    `Belay ${version}, Node ${process.versions.node}`,
    `${cpus().length} cores, ${memory} GiB, ${type()} ${release().split('-')[0]}`,
    `on the servers: Docker ${engine}, Compose ${compose}, ${ssh.split(',')[0]}, Caddy 2.11.4`,
    `on the machine: Docker ${outer}; ${loadBefore.toFixed(1)} programs wanted a core before it began`,
  ]
}

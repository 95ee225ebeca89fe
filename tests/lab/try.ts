import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Load, type LoadReport, startLoad } from '../load/load.ts'
import { must, show } from './command.ts'
import { get } from './http.ts'
import { Lab } from './lab.ts'
import { lockLab } from './lock.ts'
import { place } from './place.ts'
import type { Server } from './server.ts'

const usage = `usage: ./try           deploy the sample shop three times to a server in a container
       ./try --down    remove the lab's servers and everything on them`

const here = place()
const shop = join(here.folder, 'try', 'shop')
const belay = resolve('dist/belay.js')

type Row = {
  readonly what: string
  readonly expected: number
  readonly exit: number
  readonly seconds: number
  readonly sent: number
  readonly lost: number
  readonly serves: string
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--down') return takeDown()
  if (argv.length > 0) {
    console.log(usage)
    return argv[0] === '--help' ? 0 : 2
  }
  await show(['sh', 'tests/lab/setup/ensure-docker.sh'], 6)
  await show(['sh', 'tests/lab/setup/images.sh'], 15)
  await show([process.execPath, 'scripts/build.mjs'], 2)
  const unlock = await lockLab(here)
  try {
    return await demonstrate()
  } finally {
    unlock()
  }
}

async function demonstrate(): Promise<number> {
  title('A server: a container with sshd and a Docker of its own, named lab1')
  const lab = await Lab.up({ servers: 1 })
  const server = lab.server(1)
  await server.clean()
  await server.loadImages(['caddy:2.11.4', 'postgres:17', 'node:20-slim'])
  await unpackShop()

  title('Release 1: a shop front, a worker and a database, on an empty server')
  const rows = [await deploy(lab, { what: '1, the first', expected: 0 })]
  if (rows[0]?.serves !== '1') return giveUp(rows, server)
  const load = startLoad({ host: '127.0.0.1', port: server.httpPort, requestsPerSecond: 200 })
  await wait(2000)

  title('Release 2, while 50 connections ask for pages, slow pages and echoes')
  await change('version', '1', '2')
  rows.push(await deploy(lab, { what: '2, under load', expected: 0, load }))

  title('Release 3, which says of itself that it is ill: Belay must put release 2 back')
  await change('version', '2', '3')
  await change('compose.yaml', 'HEALTH: ${HEALTH:-ok}', 'HEALTH: fail')
  rows.push(await deploy(lab, { what: '3, broken', expected: 4, load }))
  await wait(2000)
  const report = await load.stop()

  title('What happened')
  console.log(table(rows))
  for (const { atMs, request, phase, reason } of report.losses) {
    console.log(`lost after ${atMs} ms: ${request}, ${phase}: ${reason}`)
  }
  console.log(inAll(report))
  console.log(lookAround(server))
  const asPromised = rows.every(({ exit, expected }) => exit === expected)
  return asPromised && report.lost === 0 && rows.at(-1)?.serves === '2' ? 0 : 1
}

function giveUp(rows: readonly Row[], server: Server): number {
  title('The first release does not serve, which should not happen')
  console.log(table(rows))
  console.log(lookAround(server))
  return 1
}

type Deployment = { readonly what: string; readonly expected: number; readonly load?: Load }

/** Runs the real command, its output shown, and counts what the clients met meanwhile. */
async function deploy(lab: Lab, { what, expected, load }: Deployment): Promise<Row> {
  const before = load?.report()
  const started = performance.now()
  const exit = await runBelay(['deploy', '--yes'], lab.env)
  const seconds = (performance.now() - started) / 1000
  const after = load?.report()
  const answer = await get(lab.server(1).httpPort)
  return {
    what,
    expected,
    exit,
    seconds,
    sent: (after?.sent ?? 0) - (before?.sent ?? 0),
    lost: (after?.lost ?? 0) - (before?.lost ?? 0),
    serves: String(answer?.headers['x-version'] ?? 'nothing'),
  }
}

function runBelay(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [belay, ...argv], {
      cwd: shop,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 5 * 60_000,
    })
    child.on('error', fail)
    child.on('close', (code) => done(code ?? 137))
  })
}

/** The sample in a repository of its own, as Belay records commits. */
async function unpackShop(): Promise<void> {
  rmSync(shop, { recursive: true, force: true })
  mkdirSync(shop, { recursive: true })
  cpSync('examples/shop', shop, { recursive: true })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'Release 1')
}

async function change(file: string, from: string, to: string): Promise<void> {
  const path = join(shop, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} no longer contains ${from}`)
  writeFileSync(path, text.replace(from, to))
  await git('commit', '--quiet', '--all', '--message', `${file}: ${to}`)
}

async function git(...argv: readonly string[]): Promise<void> {
  const who = [
    '-c',
    'user.name=Belay',
    '-c',
    'user.email=belay@example.com',
    '-c',
    'commit.gpgsign=false',
  ]
  await must(['git', '-C', shop, ...who, ...argv])
}

function title(text: string): void {
  console.log(`\n── ${text}\n`)
}

function table(rows: readonly Row[]): string {
  const head = ['release', 'exit code', 'time', 'requests', 'lost', 'serves then']
  const lines = rows.map(({ what, exit, seconds, sent, lost, serves, expected }) => [
    what,
    exit === expected ? String(exit) : `${exit}, not ${expected}`,
    `${seconds.toFixed(1)} s`,
    String(sent),
    String(lost),
    serves,
  ])
  const all = [head, ...lines]
  const widths = head.map((_, at) => Math.max(...all.map((line) => (line[at] ?? '').length)))
  return all
    .map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   '))
    .join('\n')
}

function inAll({ sent, lost, byVersion, latency, websocket }: LoadReport): string {
  const answers = Object.entries(byVersion).map(([version, count]) => `${count} by ${version}`)
  return `
In all ${sent} requests, ${lost} lost. Answers by release: ${answers.join(', ')};
half of them within ${latency.p50} ms, 99 % within ${latency.p99} ms.
A WebSocket received ${websocket.ticks} messages; it was opened ${websocket.opened} times.`
}

function lookAround(server: Server): string {
  const folder = relative('.', shop)
  return `
Look around:
  curl -i http://127.0.0.1:${server.httpPort}/
  ssh -F ${relative('.', here.sshConfig)} lab1 docker ps
  export BELAY_SSH_CONFIG=${here.sshConfig}
  node dist/belay.js -C ${folder} status     # or history, logs, plan, rollback …
  ./try --down                               # when done: removes the server
`
}

async function takeDown(): Promise<number> {
  await Lab.down()
  rmSync(join(here.folder, 'try'), { recursive: true, force: true })
  console.log('the lab is gone; its images are left for the next time')
  return 0
}

process.exitCode = await main(process.argv.slice(2))

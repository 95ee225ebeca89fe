import { createServer } from 'node:net'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/**
 * Where a lab keeps its keys and ports, and what its containers are called. `BELAY_LAB=name` gives
 * a second lab beside the first, for two people or two test runs in one checkout.
 */
export type Place = {
  readonly prefix: string
  readonly folder: string
  readonly key: string
  readonly knownHosts: string
  readonly sshConfig: string
  /** How far from the usual ports it looks for free ones: two labs that look at once find others. */
  readonly portsFrom: number
}

export function place(name = process.env.BELAY_LAB ?? ''): Place {
  const root = resolve(process.env.BELAY_LAB_DIR ?? '.lab')
  const folder = name === '' ? root : join(root, name)
  mkdirSync(folder, { recursive: true })
  return {
    prefix: name === '' ? 'belay-lab' : `belay-lab-${name}`,
    folder,
    key: join(folder, 'id_ed25519'),
    knownHosts: join(folder, 'known_hosts'),
    sshConfig: join(folder, 'ssh_config'),
    portsFrom: name === '' ? 0 : 20 + 20 * (sumOf(name) % 8),
  }
}

function sumOf(text: string): number {
  return Buffer.from(text).reduce((sum, byte) => sum + byte, 0)
}

const Ports = z.record(z.string(), z.number())

/** The port kept under this name, else the first free one from `from` on. */
export async function keptPort(where: Place, name: string, from: number): Promise<number> {
  const file = join(where.folder, 'ports.json')
  const kept = existsSync(file) ? Ports.parse(JSON.parse(readFileSync(file, 'utf8'))) : {}
  const known = kept[name]
  if (known !== undefined && (await isFree(known))) return known
  const taken = new Set(Object.values(kept))
  const first = from + where.portsFrom
  for (let port = first; port < first + 200; port++) {
    if (taken.has(port) || !(await isFree(port))) continue
    writeFileSync(file, JSON.stringify({ ...kept, [name]: port }, null, 2))
    return port
  }
  throw new Error(`no free port on 127.0.0.1 from ${first} on`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', () => done(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)))
  })
}

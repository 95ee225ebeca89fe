import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Receipt } from '../../../src/notifications/receipts/receipt.ts'
import type { BackupsReport } from '../../../src/operations/backups/list.ts'
import type { BackupRecord } from '../../../src/plan/backup.ts'
import { command, must } from '../../lab/command.ts'
import { type Answer, get } from '../../lab/http.ts'
import { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, type Env, finished, type Json, type Ran } from '../deploy/scenario.ts'

/** One server, as if nothing had ever been deployed, with these images and without these folders. */
export async function serverWith(
  images: readonly string[],
  folders: readonly string[] = [],
): Promise<{ lab: Lab; server: Server }> {
  const lab = await Lab.up({ servers: 1 })
  const server = lab.server(1)
  await server.clean()
  for (const folder of folders) await server.sh(`rm -rf ${folder} && mkdir -p ${folder}`)
  await server.loadImages(images)
  return { lab, server }
}

/** A copy of a folder of `examples/`, under git, which is deployed to its environment `lab`. */
export class Example extends App {
  /** Given to each command, as a person or a CI job would. */
  readonly values: Env

  constructor(lab: Pick<Lab, 'env'>, name: string, values: Env) {
    super(lab, name)
    this.values = values
    const skip = /(^|\/)(__pycache__|\.env(\.(?!example)[^/]*)?)$/
    cpSync(`examples/${name}`, this.folder, { recursive: true, filter: (file) => !skip.test(file) })
  }

  /** Where the file does not have it, the test is mistaken. */
  edit(path: string, from: string, to: string): this {
    const text = readFileSync(join(this.folder, path), 'utf8')
    if (!text.includes(from)) throw new Error(`${path} no longer contains ${from}`)
    return this.write(path, text.replace(from, to))
  }

  run(...argv: readonly string[]): Promise<Ran> {
    return this.with(this.values, ...argv)
  }

  async deploy(change: string, ...flags: readonly string[]): Promise<Ran> {
    const changed = await command(['git', '-C', this.folder, 'status', '--porcelain'])
    if (changed.stdout !== '' || changed.code !== 0) await this.commit(change)
    return this.run('deploy', 'lab', '--yes', '--json', ...flags)
  }

  rollback(...flags: readonly string[]): Promise<Ran> {
    return this.run('rollback', 'lab', '--yes', '--json', ...flags)
  }

  async receipt(): Promise<Receipt> {
    const { code, stdout, stderr } = await this.run('report', 'lab', '--format', 'json')
    if (code !== 0) throw new Error(`no receipt: ${stderr}`)
    return JSON.parse(stdout) as Receipt
  }

  /** What is backed up on the server, the newest first. */
  async backups(): Promise<readonly BackupRecord[]> {
    const ran = await this.run('backup', 'list', 'lab', '--json')
    const answer = ran.events.find(({ type }) => type === 'answer')
    if (answer?.type !== 'answer') throw new Error(ran.stdout)
    return (answer.data as BackupsReport).hosts.flatMap(({ backups }) => backups)
  }

  /** The name of a backup that is made now. */
  async backUp(name: string): Promise<string> {
    const ran = await this.run('backup', 'create', 'lab', '--json')
    const made = (await this.backups()).find(({ about }) => about.name === name)
    if (ran.code !== 0 || made === undefined) throw new Error(ran.stdout)
    return made.id
  }

  restore(backup: string): Promise<Ran> {
    return this.run('backup', 'restore', 'lab', backup, '--yes', '--json')
  }

  /** Images that were built for it on this machine. */
  async removeImages(): Promise<void> {
    const filter = `reference=belay/${this.name}/*`
    const ids = await must(['docker', 'image', 'ls', '-q', '--filter', filter])
    if (ids !== '') await command(['docker', 'rmi', '-f', ...new Set(ids.split('\n'))])
  }
}

/** What a run came to, in a few words: `confirmed 0 r2`. */
export function ended(ran: Ran): string {
  const last = finished(ran)
  return `${last?.outcome} ${ran.code} ${last?.serving}`
}

/** The same of its receipt, which must be of this very run. */
export function endedBy(receipt: Receipt): string {
  return `${receipt.outcome} ${receipt.exit} ${receipt.serving}`
}

/** What the run found worth telling. */
export function texts(receipt: Receipt): string {
  return receipt.findings.map(({ text }) => text).join('\n')
}

/** What the app answers at a path, by its public name; data is posted as JSON. */
export function asking(server: Server, host: string, more: Record<string, string> = {}) {
  return async (path: string, data?: object): Promise<Answer & { json: Json }> => {
    const post = data === undefined ? {} : { post: JSON.stringify(data) }
    const answer = await get(server.httpPort, path, { headers: { host, ...more }, ...post })
    if (answer === undefined) throw new Error(`no answer to ${path}`)
    const isJson = answer.headers['content-type'] === 'application/json'
    return { ...answer, json: isJson ? JSON.parse(answer.body) : {} }
  }
}

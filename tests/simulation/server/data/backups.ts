import type { BackupInstruction, Instruction } from '../../../../src/plan/instruction.ts'
import type { At } from './at.ts'
import type { Copy, KitState } from '../kit-state.ts'
import { checked, refuses, restoreBackup, undoRestore } from './restores.ts'
import { ToyFailure } from '../simulated-docker.ts'
import type { SimulatedServer } from '../simulated-server.ts'

type Of<Do extends Instruction['do']> = Extract<Instruction, { do: Do }>

/** Backups as a toy: texts, which are made, read back, put back and let go as the kit does it. */
export async function keepBackups(at: At, it: BackupInstruction): Promise<void> {
  switch (it.do) {
    case 'back-up':
      await backUp(at, it)
      break
    case 'check-backup':
      checked(at.state, it.backup)
      verified(at, it.backup, 'read')
      break
    case 'forget-backup':
      forget(at.state, it.backups)
      break
    case 'restore-backup':
      await restoreBackup(at, it)
      break
    case 'undo-restore':
      await undoRestore(at, it)
      break
    case 'try-backup':
      await tryBackup(at, it)
      break
    default:
      it satisfies never
  }
}

async function backUp({ server, state, tell }: At, it: Of<'back-up'>): Promise<void> {
  const { backups, copies } = state
  if (backups.has(it.backup)) return
  const copy = taken(server, it)
  await server.wait(30)
  if (it.how.way === 'script' && refuses(it.how.script, '')) {
    throw new ToyFailure('it ended with 1, and said nothing')
  }
  const at = Math.floor(server.clock.now() / 1000)
  const file = `${it.backup}.${it.ending}`
  const seen = { bytes: 100, sha256: '0'.repeat(64), takenAt: at, damaged: false }
  const record = { id: it.backup, about: it.about, file, ...seen }
  copies.set(it.backup, copy)
  backups.set(it.backup, { ...record, verified: { at, how: 'read' } })
  tell('1 kB, read back')
}

/** What there is at this moment. */
function taken({ docker }: SimulatedServer, it: Of<'back-up'>): Copy {
  const { backup: id, how, container: name } = it
  if (how.way === 'volume') {
    if (!docker.volumes.has(how.volume)) throw new ToyFailure(`no such volume: ${how.volume}`)
    return { id, text: docker.data.read(how.volume) }
  }
  const container = docker.containers.get(name)
  if (container === undefined) throw new ToyFailure(`No such container: ${name}`)
  const text = docker.data.read(docker.data.placeOf(container))
  if (how.way === 'file') return { id, text }
  if (container.state !== 'running') {
    throw new ToyFailure(`${name} does not run: it is ${container.state}`)
  }
  return { id, text, schema: docker.schema }
}

function verified({ server, state }: At, id: string, how: 'read' | 'restore'): void {
  const { clock } = server
  const { backups } = state
  const record = backups.get(id)
  if (record === undefined) return
  const before = record.verified?.how === 'restore' ? 'restore' : how
  backups.set(id, { ...record, verified: { at: Math.floor(clock.now() / 1000), how: before } })
}

function forget({ backups, copies, undo }: KitState, ids: readonly string[]): void {
  for (const id of ids) {
    backups.delete(id)
    copies.delete(id)
    undo.delete(id)
  }
}

/** In a container that nobody sees; what a script refuses, it says by `grep`. */
async function tryBackup(at: At, it: Of<'try-backup'>): Promise<void> {
  const { server, state, tell } = at
  const { text } = checked(state, it.backup)
  tell('restoring it into a throw-away container')
  await server.wait(100)
  const script = it.how.way === 'load' || it.how.way === 'rows' ? it.how.script : ''
  if (refuses(script, text)) {
    if (it.otherwise === 'forget') forget(state, [it.backup])
    throw new ToyFailure('it does not restore: ')
  }
  verified(at, it.backup, 'restore')
  tell('restored into a throw-away container, and compared: the same')
}

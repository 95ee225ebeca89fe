import type { Instruction } from '../../../src/plan/instruction.ts'
import type { TaskRecord } from '../../../src/plan/observed.ts'
import { wordsOfCommand } from './behaviour.ts'
import type { KitState } from './kit-state.ts'
import { type ToyContainer, ToyFailure } from './simulated-docker.ts'
import type { SimulatedServer } from './simulated-server.ts'

type Task = Extract<Instruction, { do: 'task' }>
type EndTask = Extract<Instruction, { do: 'end-task' }>

/** A command of a release, once, in a container of its own, as the kit's `tasks.sh` has it. */
export async function runTask(server: SimulatedServer, state: KitState, it: Task): Promise<void> {
  const records = recordsOf(state, it)
  if (!isWanted(records, it)) return
  const known = records.get(it.name)
  const isOpen = known?.state === 'begun'
  const isOver = known?.state === 'ended' && it.again !== true
  if (!isOver) await server.docker.stop(it.apart ?? [], 10)
  if (!isOver) await perform(server, state, { it, isOpen })
  const { end } = records.get(it.name) ?? {}
  if (end === 0 || it.lenient === true) return
  const how =
    end === 'late' ? `did not end within ${it.seconds} s, and was ended` : `exited with ${end}`
  throw new ToyFailure(`${it.name} ${how}; its last lines:`)
}

/** One that runs is ended; one that was about to start never did. */
export async function endTask(
  server: SimulatedServer,
  state: KitState,
  it: EndTask,
): Promise<void> {
  const records = recordsOf(state, it)
  if (records.get(it.name)?.state !== 'begun') return
  const container = containerOf(server, it)
  if (container?.state === 'created') return put(records, it, { state: 'never' })
  if (container !== undefined) await server.docker.stop([container.name], 10)
  finish(server, { records, it, container, end: container?.exitCode ?? 'gone' })
}

type Records = Map<string, TaskRecord>

function recordsOf({ tasks, folders }: KitState, { file }: Task | EndTask): Records {
  const [, release = ''] = file.split('/')
  if (!folders.has(release)) throw new ToyFailure(`there is no release ${release}`)
  const records = tasks.get(release) ?? new Map<string, TaskRecord>()
  tasks.set(release, records)
  return records
}

function isWanted(records: Records, { after, moved }: Task): boolean {
  const before = after === undefined ? undefined : records.get(after)
  if (before?.state === 'begun') throw new ToyFailure(`${after} was not ended`)
  if (after !== undefined && before?.state !== 'ended') return false
  if (moved === undefined) return true
  const [one, other] = moved.map((name) => records.get(name))
  const areKnown = one?.end === 0 && other?.end === 0
  return areKnown && one.said !== other.said
}

async function perform(
  server: SimulatedServer,
  state: KitState,
  { it, isOpen }: { it: Task; isOpen: boolean },
): Promise<void> {
  const { docker, clock } = server
  const records = recordsOf(state, it)
  if (!isOpen) {
    docker.remove([containerOf(server, it)?.name ?? ''])
    const text = state.read(it.file) ?? ''
    const { project, service } = it
    await docker.up({ project, text, slot: undefined, services: [service], scale: {} }, 'create')
    put(records, it, { state: 'begun' })
  }
  const container = containerOf(server, it)
  if (container?.state === 'created') await docker.start([container.name])
  const deadline = clock.monotonic() + it.seconds * 1000
  const runs = () => containerOf(server, it)?.state === 'running'
  while (runs() && clock.monotonic() < deadline) await server.wait(50)
  const isLate = runs()
  if (isLate) await docker.stop([container?.name ?? ''], 10)
  const end = isLate ? 'late' : (container?.exitCode ?? 'gone')
  finish(server, { records, it, container, end })
}

function finish(
  { docker }: SimulatedServer,
  of: {
    readonly records: Records
    readonly it: Task | EndTask
    readonly container: ToyContainer | undefined
    readonly end: NonNullable<TaskRecord['end']>
  },
): void {
  const { records, it, container, end } = of
  const words = wordsOfCommand(container?.command ?? []).join('\n')
  const said = words.replace('the schema', String(docker.schema))
  put(records, it, { state: 'ended', end, said })
  if (container !== undefined) docker.remove([container.name])
}

function put(
  records: Records,
  { file, name }: Task | EndTask,
  record: Pick<TaskRecord, 'state'> & Partial<TaskRecord>,
): void {
  const [, release = ''] = file.split('/')
  records.set(name, { said: '', ...record, release, name })
}

function containerOf(
  { docker }: SimulatedServer,
  { project, service }: Task | EndTask,
): ToyContainer | undefined {
  return docker.ofProject(project).find((each) => each.service === service)
}

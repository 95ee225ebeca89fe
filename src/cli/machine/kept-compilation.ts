import { createHash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { Script } from 'node:vm'

/** Where a call's compilation is kept. */
export interface Place {
  readonly file: string
  /** Whose folder it is, is who may keep something there. */
  readonly home: string
}

export interface Compiled {
  readonly script: Script
  readonly program: Uint8Array
  /** What was kept did not fit, or there was nothing. */
  readonly isNew: boolean
}

const DIGEST_BYTES = 32
const OTHERS_CAN_WRITE = 0o022

/** One place for each command, since each uses other functions; none in CI, where machines are new. */
export function placeOf(
  env: Readonly<Record<string, string | undefined>>,
  [word = '']: readonly string[],
): Place | undefined {
  const { XDG_CACHE_HOME: caches = '', HOME: home = '', CI = '' } = env
  if (CI !== '') return undefined
  const name = /^[a-z]{1,20}$/.test(word) ? word : 'any'
  if (isAbsolute(caches)) return { home: caches, file: join(caches, 'belay', name) }
  return isAbsolute(home) ? { home, file: join(home, '.cache/belay', name) } : undefined
}

/**
 * The program, ready to run. For V8 to compile its text takes longer than most of what it then
 * does; what was kept only saves that. Whatever is wrong with it, the text alone is enough.
 */
export function compile(filename: string, place: Place | undefined): Compiled {
  const program = readFileSync(filename)
  const cachedData = place === undefined ? undefined : kept(place, program)
  const options = cachedData === undefined ? {} : { cachedData }
  // It is built as ASCII, which is read fastest so.
  const script = new Script(program.toString('latin1'), { filename, ...options })
  return { script, program, isNew: script.cachedDataRejected !== false }
}

/** To be called at the end, when the functions that were used are known. Never throws. */
export function keep(compiled: Compiled, place: Place): void {
  const draft = `${place.file}.${process.pid}`
  try {
    // Under `sudo` the home may be another's, for whom a folder of root's would be in the way.
    if (statSync(place.home).uid === process.geteuid?.()) write(compiled, place, draft)
  } catch {
    if (existsSync(draft)) rmSync(draft, { force: true })
  }
}

function write({ script, program }: Compiled, { file }: Place, draft: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const data = script.createCachedData()
  writeFileSync(draft, Buffer.concat([digestOf(program, data), data]), { mode: 0o600 })
  renameSync(draft, file)
}

/** V8 looks at little more than a length: the digest says what it was made of, and that it is whole. */
function kept({ file }: Place, program: Uint8Array): Uint8Array | undefined {
  try {
    const all = readOwn(file)
    const data = all.subarray(DIGEST_BYTES)
    return digestOf(program, data).equals(all.subarray(0, DIGEST_BYTES)) ? data : undefined
  } catch {
    return undefined
  }
}

/** It is code: nothing that somebody else can have written. */
function readOwn(file: string): Buffer {
  const open = openSync(file, 'r')
  try {
    const { uid, mode } = fstatSync(open)
    const isOwn = uid === process.geteuid?.() && (mode & OTHERS_CAN_WRITE) === 0
    return isOwn ? readFileSync(open) : Buffer.alloc(0)
  } finally {
    closeSync(open)
  }
}

function digestOf(program: Uint8Array, data: Uint8Array): Buffer {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\n`)
  return hash.update(program).update(data).digest()
}

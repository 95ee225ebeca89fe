import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compile, keep, placeOf } from './kept-compilation.ts'

const FIRST = '(function answer() { return 41 })()'
const SECOND = '(function answer() { return 42 })()'

let home: string
let program: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'belay-kept-'))
  program = join(home, 'program.js')
  writeFileSync(program, FIRST)
})
afterEach(() => rmSync(home, { recursive: true }))

const place = () => placeOf({ HOME: home }, ['check'])!
const keepOne = () => keep(compile(program, place()), place())

describe('what was compiled', () => {
  it('is used by the next call of the same command', () => {
    expect(compile(program, place()).isNew).toBe(true)
    keepOne()
    const { script, isNew } = compile(program, place())
    expect([isNew, script.runInThisContext()]).toEqual([false, 41])
  })
  it('is kept closed to others, and nothing else beside it', () => {
    keepOne()
    const { mode } = statSync(place().file)
    expect([mode & 0o777, statSync(join(place().file, '..')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(readdirSync(join(home, '.cache/belay'))).toEqual(['check'])
  })
  it('is not used for another program, though it be as long', () => {
    keepOne()
    writeFileSync(program, SECOND)
    const { script, isNew } = compile(program, place())
    expect([isNew, script.runInThisContext()]).toEqual([true, 42])
  })
  it.each([0, 40, -1])('is not used when its byte %i was damaged', (at) => {
    keepOne()
    const bytes = readFileSync(place().file)
    bytes.writeUInt8(bytes.at(at)! ^ 1, at < 0 ? bytes.length + at : at)
    writeFileSync(place().file, bytes)
    const { script, isNew } = compile(program, place())
    expect([isNew, script.runInThisContext()]).toEqual([true, 41])
  })
  it.each(['620', '602'])('is not used when others could have written it (mode %s)', (mode) => {
    keepOne()
    chmodSync(place().file, Number.parseInt(mode, 8))
    expect(compile(program, place()).isNew).toBe(true)
  })
  it('is not kept where the folder cannot be made, which is no trouble', () => {
    writeFileSync(join(home, '.cache'), 'a file')
    keepOne()
    expect(compile(program, place()).isNew).toBe(true)
  })
  it.runIf(process.geteuid?.() === 0)('is not kept in the home of somebody else', () => {
    const other = { home: join(home, 'other'), file: join(home, 'other/.cache/belay/check') }
    mkdirSync(other.home)
    chownSync(other.home, 12345, 12345)
    keep(compile(program, other), other)
    expect(existsSync(join(other.home, '.cache'))).toBe(false)
  })
})

describe('its place', () => {
  it.each([
    [{ HOME: '/home/ana' }, ['check'], '/home/ana/.cache/belay/check'],
    [{ HOME: '/home/ana', XDG_CACHE_HOME: '/caches' }, ['plan'], '/caches/belay/plan'],
    [{ HOME: '/home/ana', XDG_CACHE_HOME: 'relative' }, ['plan'], '/home/ana/.cache/belay/plan'],
    [{ HOME: '/home/ana' }, ['-C', 'shop', 'check'], '/home/ana/.cache/belay/any'],
    [{ HOME: '/home/ana' }, ['../../x'], '/home/ana/.cache/belay/any'],
    [{ HOME: '/home/ana' }, [], '/home/ana/.cache/belay/any'],
    [{}, ['check'], undefined],
    [{ HOME: '/home/ana', CI: 'true' }, ['check'], undefined],
  ])('with %j and %j is %s', (env, argv, file) => {
    expect(placeOf(env, argv)?.file).toBe(file)
  })
})

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Link } from '../links/link.ts'
import { runProcess } from '../process.ts'
import { tar } from '../wire/tar.ts'
import { Spool } from '../own-workstation/layers/spool.ts'
import { lookForLayers, readLayers, sendLayers, type Shipment, type Site } from './host-layers.ts'
import { digestOf, type LayersThere, lackingLayers, type PackedLayers } from './layers.ts'

let folder: string
let spool: Spool
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'belay-unit-layers-'))
  spool = await Spool.open()
})
afterEach(async () => {
  told.length = 0
  rmSync(folder, { recursive: true })
  await spool.remove()
})

/** A host whose Docker is a script; `$folder/loaded.tar` is what it took in. */
function hostWith(load = `cat >${folder}/loaded.tar; echo Loaded`): Site {
  const docker = join(folder, 'docker')
  const note = `echo "$1 $2" >>${folder}/calls`
  const script = `case "$1 $2" in "load -q") ${load} ;; "image inspect") shift 4; echo "$@" ;; esac`
  writeFileSync(docker, `#!/bin/sh\n${note}\n${script}\n`)
  chmodSync(docker, 0o755)
  const env = { PATH: process.env['PATH'] }
  const link = {
    run: (argv: readonly string[], options: Parameters<Link['run']>[1]) =>
      runProcess(argv, { env, ...options }),
  } as Link
  return { host: 'a', link, docker: [docker], folder: join(folder, 'state', 'layers') }
}

const config = Buffer.from('{"rootfs":{}}')
const layer = (letter: string): string => `sha256:${letter.repeat(64)}`

/** Two layers; the upper one was packed. */
async function packed(content = randomBytes(9_000_000)): Promise<PackedLayers> {
  const blob = await spool.take(bytes(content))
  const image = {
    reference: 'shop:1',
    id: digestOf(config),
    config,
    layers: [layer('a'), layer('b')],
  }
  return { images: [image], blobs: new Map([[layer('b'), blob]]), remove: async () => {} }
}

async function* bytes(content: Uint8Array) {
  for (let at = 0; at < content.length; at += 65_000) yield content.subarray(at, at + 65_000)
}

const below: LayersThere = { chains: new Set([layer('a')]), pieces: new Map() }
const told: string[] = []
const onProgress = (text: string): void => void told.push(text)
const shipmentOf = (packed: PackedLayers, there = below): Shipment => ({
  images: packed.images,
  packing: Promise.resolve(packed),
  there,
  onProgress,
})

test('what Docker gets must be an archive with the missing layers alone, and the rest be named', async () => {
  await sendLayers(hostWith(), shipmentOf(await packed()))
  const unpack = (...words: string[]) =>
    runProcess(['tar', ...words, '-f', join(folder, 'loaded.tar')], {
      env: process.env,
      timeoutMs: 9000,
    })
  const names = (await unpack('-t')).stdout.trim().split('\n')
  const configName = `${digestOf(config).slice(7)}.json`
  expect(names).toEqual(['manifest.json', configName, `${'b'.repeat(64)}.tar`])
  await runProcess(['tar', '-x', '-C', folder, '-f', join(folder, 'loaded.tar')], {
    env: process.env,
    timeoutMs: 9000,
  })
  const layers = [`${'a'.repeat(64)}.tar`, `${'b'.repeat(64)}.tar`]
  expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toEqual([
    { Config: configName, RepoTags: ['shop:1'], Layers: layers },
    // Without a name, as Docker then says the ids.
    { Config: configName, RepoTags: [], Layers: layers },
  ])
  expect(readFileSync(join(folder, `${'b'.repeat(64)}.tar`)).length).toBe(9_000_000)
  expect(told.at(-1)).toBe('9.0 MB of 9.0 MB sent')
  expect(existsSync(join(folder, 'state', 'layers'))).toBe(false)
})

test('pieces that are whole there must not be sent again, and halves must be', async () => {
  const site = hostWith()
  const whole = await packed(Buffer.concat([Buffer.alloc(4_194_304, 'x'), Buffer.alloc(99, 'y')]))
  const [first, second] = whole.blobs.get(layer('b'))!.pieces
  mkdirSync(site.folder, { recursive: true })
  writeFileSync(join(site.folder, first!.name), Buffer.alloc(4_194_304, 'x'))
  writeFileSync(join(site.folder, second!.name), 'y')
  const { pieces } = await lookForLayers(site)
  expect(Object.fromEntries(pieces)).toEqual({ [first!.name]: 4_194_304, [second!.name]: 1 })
  await sendLayers(site, shipmentOf(whole, { ...below, pieces }))
  expect(told.at(-1)).toBe('0.0 MB of 0.0 MB sent')
  expect(readFileSync(join(folder, 'loaded.tar')).includes(Buffer.from('xxxxyyyy'))).toBe(true)
})

test('a connection that breaks must leave what arrived, and be known as one', async () => {
  const site = hostWith()
  mkdirSync(site.folder, { recursive: true })
  writeFileSync(join(site.folder, 'f'.repeat(64)), 'kept')
  const half = tar([{ path: 'e'.repeat(64), mode: 0o600, content: Buffer.alloc(700) }]).subarray(
    0,
    900,
  )
  // As when ssh ends in the middle: the host's shell sees the end of its input.
  const cut = async (argv: readonly string[]) => {
    await runProcess(argv, { env: process.env, timeoutMs: 9000, input: half })
    return { code: 255, stdout: '', stderr: 'Connection reset', how: 'exit' as const }
  }
  const parcel = shipmentOf(await packed())
  const broken = { ...site, link: { run: cut } as unknown as Link }
  await expect(sendLayers(broken, parcel)).rejects.toMatchObject({
    code: 'LAYERS_NOT_SENT',
    exit: 'build',
    details: { isCut: true, reason: 'Connection reset' },
  })
  expect(existsSync(join(site.folder, 'f'.repeat(64)))).toBe(true)
})

test('a host that could not be asked must not be taken for one that has nothing', async () => {
  const run = async () => ({ code: 255, stdout: '', stderr: '', how: 'exit' as const })
  const gone = { ...hostWith(), link: { run } as unknown as Link }
  await expect(lookForLayers(gone)).rejects.toMatchObject({
    code: 'LAYERS_NOT_SENT',
    details: { isCut: true },
  })
})

test('a full disk, a layer that Docker refuses, and another image must each be said', async () => {
  const parcel = shipmentOf(await packed())
  const full = hostWith('cat >/dev/null; echo "write /x: no space left on device" >&2; exit 1')
  await expect(sendLayers(full, parcel)).rejects.toMatchObject({ code: 'LAYERS_NO_SPACE' })
  expect(existsSync(full.folder)).toBe(false)
  const refused = hostWith('cat >/dev/null; echo "invalid diffID for layer 1" >&2; exit 1')
  await expect(sendLayers(refused, parcel)).rejects.toMatchObject({
    code: 'LAYERS_NOT_LOADED',
    evidence: ['invalid diffID for layer 1'],
  })
  const other = hostWith('cat >/dev/null')
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\ncat >/dev/null; echo sha256:other\n')
  await expect(sendLayers(other, parcel)).rejects.toMatchObject({ code: 'IMAGE_NOT_AS_SENT' })
})

test('what arrived must be handed over once more where Docker went away meanwhile', async () => {
  const once = `[ -e ${folder}/gone ] || { : >${folder}/gone; echo "Cannot connect"; exit 1; }`
  await sendLayers(hostWith(`${once}; cat >${folder}/loaded.tar`), shipmentOf(await packed()))
  expect(readFileSync(join(folder, 'loaded.tar')).length).toBeGreaterThan(9_000_000)
})

test('a layer must count as there only above the same layers', () => {
  const image = `image sha256:1 ${JSON.stringify([layer('a'), layer('b')])}`
  const there = readLayers([image, 'image sha256:2 null', ''])
  expect(lackingLayers([layer('a'), layer('b'), layer('c')], there)).toEqual([layer('c')])
  expect(lackingLayers([layer('b')], there)).toEqual([layer('b')])
})

test('a host must get ready meanwhile, and be left as it was where nothing could be packed', async () => {
  const site = hostWith()
  const isReady = vi.waitUntil(() => existsSync(site.folder))
  const parcel = shipmentOf(await packed())
  const later = (what: () => undefined) => ({ ...parcel, packing: isReady.then(what) })
  expect(
    await sendLayers(
      site,
      later(() => undefined),
    ),
  ).toBe(false)
  expect(existsSync(site.folder)).toBe(false)
  const broken = later(() => {
    throw new Error('not packed')
  })
  await expect(sendLayers(site, broken)).rejects.toThrow('not packed')
  expect([existsSync(site.folder), readFileSync(join(folder, 'loaded.tar')).length]).toEqual([
    false,
    0,
  ])
})

test('Docker must not be asked for what it said when it took it in', async () => {
  const parcel = shipmentOf(await packed())
  const { id } = parcel.images[0]!
  const site = hostWith(`cat >/dev/null; echo "Loaded image ID: ${id}"`)
  await sendLayers(site, parcel)
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
  expect(calls()).toEqual(['load -q'])
  await sendLayers(hostWith(), parcel)
  expect(calls()).toEqual(['load -q', 'load -q', 'image inspect'])
})

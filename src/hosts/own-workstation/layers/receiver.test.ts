import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../shipping/layers.ts'
import { Receiver } from './receiver.ts'
import { Spool } from './spool.ts'

let spool: Spool
let receiver: Receiver
let at: string
const WANTED = digestOf('wanted')

beforeEach(async () => {
  spool = await Spool.open()
  receiver = new Receiver({ spool, wants: async (digest) => digest === WANTED })
  at = `http://127.0.0.1:${await receiver.listen(0)}/v2/belay/layers`
})
afterEach(async () => {
  receiver.close()
  await spool.remove()
})

const head = async (digest: string): Promise<number> =>
  (await fetch(`${at}/blobs/${digest}`, { method: 'HEAD' })).status

async function upload(content: string, digest: string): Promise<number> {
  const begun = await fetch(`${at}/blobs/uploads/`, { method: 'POST' })
  const to = new URL(begun.headers.get('location') ?? '', at)
  expect((await fetch(to, { method: 'PATCH', body: content })).status).toBe(202)
  return (await fetch(`${to.href}?digest=${digest}`, { method: 'PUT' })).status
}

test('only what is wanted must be asked for, and be taken in as it says it is', async () => {
  expect(await head(digestOf('there'))).toBe(200)
  expect(await head(WANTED)).toBe(404)
  expect(await upload('damaged', WANTED)).toBe(400)
  expect(receiver.blobs.size).toBe(0)
  expect(await upload('wanted', WANTED)).toBe(201)
  expect(await head(WANTED)).toBe(200)
  expect(receiver.blobs.get(WANTED)).toMatchObject({ size: 6, pieces: [{ size: 6 }] })
})

test('a manifest must be kept once, and nothing else be answered', async () => {
  const manifest = { config: { digest: 'c' }, layers: [{ digest: 'a' }, { digest: 'b' }] }
  const put = { method: 'PUT', body: JSON.stringify(manifest) }
  expect((await fetch(`${at}/manifests/1`, put)).status).toBe(201)
  expect(receiver.takeManifests()).toEqual([{ config: 'c', layers: ['a', 'b'] }])
  expect(receiver.takeManifests()).toEqual([])
  expect((await fetch(`${at}/manifests/1`)).status).toBe(404)
  expect((await fetch(`${at}/manifests/1`, { method: 'PUT', body: '{' })).status).toBe(400)
  expect((await fetch(`${at}/blobs/${WANTED}`)).status).toBe(404)
})

test('a stream must be cut at the same places, however it comes', async () => {
  const content = Buffer.alloc(9_000_000, 'layer ')
  async function* by(step: number) {
    for (let from = 0; from < content.length; from += step)
      yield content.subarray(from, from + step)
  }
  const [one, other] = [await spool.take(by(1_000_003)), await spool.take(by(65_536))]
  expect(one).toEqual(other)
  expect(one.digest).toBe(digestOf(content))
  expect(one.pieces.map(({ size }) => size)).toEqual([4_194_304, 4_194_304, 611_392])
})

test('what a killed deployer left must go, and what a live one uses must stay', async () => {
  const dead = join(tmpdir(), 'belay-layers.999999999.abc')
  const live = join(tmpdir(), `belay-layers.${process.pid}.live`)
  for (const folder of [dead, live]) mkdirSync(folder, { recursive: true })
  await (await Spool.open()).remove()
  expect([existsSync(dead), existsSync(live)]).toEqual([false, true])
  rmSync(live, { recursive: true })
})

import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { imageSaveFailed } from './own-workstation/failures.ts'
import type { Link, SideOptions } from './links/link.ts'
import { Programs } from './programs.ts'
import type { Ended } from './process.ts'

const DONE: Ended = { code: 0, stdout: '', stderr: '', how: 'exit' }

/** A link whose programs are played; what they were given is kept. */
function played(end: Partial<Ended> = {}, isFar = true) {
  const given: { argv: readonly string[]; input: Buffer }[] = []
  const run = async (argv: readonly string[], { input, onLine }: SideOptions): Promise<Ended> => {
    const chunks: Buffer[] = []
    try {
      if (input instanceof Uint8Array) chunks.push(Buffer.from(input))
      else if (input) for await (const chunk of input) chunks.push(chunk as Buffer)
    } catch {
      // A program sees the end of its input, never why.
    }
    given.push({ argv, input: Buffer.concat(chunks) })
    onLine?.('a line')
    return { ...DONE, ...end }
  }
  const programs = new Programs({ name: 'a', link: { run } as unknown as Link, isFar })
  return { programs, given }
}

describe('a program', () => {
  test('its own code must come back, whatever it is', async () => {
    const { programs, given } = played({ code: 3, stdout: 'out', stderr: 'err' })
    const result = await programs.run(['cat'], Buffer.from('in'))
    expect(result).toEqual({ code: 3, stdout: 'out', stderr: 'err' })
    expect(given[0]?.input.toString()).toBe('in')
  })

  test('one that could not be carried must be a failure', async () => {
    const { programs } = played({ code: 255, stderr: 'mux: session open refused by peer' })
    await expect(programs.run(['docker', 'ps', '-a'])).rejects.toMatchObject({
      code: 'HOST_COMMAND_FAILED',
      message: 'docker ps could not be run on a: mux: session open refused by peer',
    })
    const near = played({ code: 255 }, false)
    expect(await near.programs.run(['x'])).toMatchObject({ code: 255 })
  })

  test('one that takes too long must be a failure', async () => {
    const { programs } = played({ code: 124, how: 'timeout' })
    await expect(programs.run(['x'])).rejects.toThrow('it took longer than 10 minutes')
  })
})

describe('Docker', () => {
  const denied = { code: 1, stderr: 'permission denied while trying to connect to the socket' }

  test('where its socket is denied, sudo must be used, looked at once', async () => {
    const { programs, given } = played(denied)
    programs.meet('ann')
    await programs.run(['docker', 'ps'])
    await programs.run(['docker', 'ps'])
    await programs.run(['id'])
    expect(given.map(({ argv }) => argv.join(' '))).toEqual([
      'docker version',
      'sudo -n docker ps',
      'sudo -n docker ps',
      'id',
    ])
  })

  test('root, and those who may, must use it as it is', async () => {
    const root = played(denied)
    root.programs.meet('root')
    await root.programs.run(['docker', 'ps'])
    expect(root.given.map(({ argv }) => argv.join(' '))).toEqual(['docker ps'])
    const member = played()
    await member.programs.run(['docker', 'ps'])
    expect(member.given.map(({ argv }) => argv.join(' '))).toEqual(['docker version', 'docker ps'])
  })
})

describe('images', () => {
  test('a pull must show its lines, and say what the registry said', async () => {
    const lines: string[] = []
    await played().programs.pullImage('a:1', (line) => lines.push(line))
    expect(lines).toEqual(['a line'])
    const { programs } = played({ code: 1, stderr: 'manifest unknown\n' })
    await expect(programs.pullImage('a:1')).rejects.toMatchObject({
      code: 'IMAGE_PULL_FAILED',
      evidence: ['manifest unknown'],
    })
  })

  test('an archive must be compressed where the way is far, and only there', async () => {
    const far = played()
    await far.programs.loadImage(Readable.from([Buffer.from('tar'), Buffer.from('ball')]))
    expect(gunzipSync(far.given.at(-1)!.input).toString()).toBe('tarball')
    const near = played({}, false)
    await near.programs.loadImage(Readable.from([Buffer.from('tarball')]))
    expect(near.given.at(-1)).toEqual({
      argv: ['docker', 'load', '-q'],
      input: Buffer.from('tarball'),
    })
  })

  test('an archive that breaks must be told as what broke it', async () => {
    const archive = new Readable({
      read() {
        this.push('half')
        this.destroy(imageSaveFailed({ images: ['a:1'] }))
      },
    })
    const { programs } = played({ code: 1, stderr: 'unexpected EOF' })
    await expect(programs.loadImage(archive)).rejects.toMatchObject({ code: 'IMAGE_SAVE_FAILED' })
  })

  test('a Docker that takes no more must be told in its own words', async () => {
    const { programs } = played({ code: 1, stderr: 'Error: no space left on device\n' })
    await expect(programs.loadImage(Readable.from(['x']))).rejects.toMatchObject({
      code: 'IMAGE_LOAD_FAILED',
      message: 'sending images to a failed: Error: no space left on device',
    })
  })
})

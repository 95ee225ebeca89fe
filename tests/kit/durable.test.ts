import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tar } from '../../src/hosts/wire/tar.ts'
import { Rig, SHELLS } from './rig.ts'

describe.each(SHELLS)('what must survive a power cut, under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
    // Notes what is made durable, and every rename, in their order.
    for (const name of ['sync', 'mv']) {
      const note = `echo ${name} "$@" | sed 's/[.]new[.][0-9]*/.new/g' >>${rig.folder}/order`
      const script = `#!/bin/sh\n${note}\nPATH=\${PATH#*:}\nexec ${name} "$@"\n`
      writeFileSync(join(rig.bin, name), script)
      chmodSync(join(rig.bin, name), 0o755)
    }
  })
  afterEach(() => rig.close())

  const order = () =>
    readFileSync(join(rig.folder, 'order'), 'utf8')
      .replaceAll(`${rig.state}/`, '')
      .replaceAll(rig.state, 'S')
      .trim()
      .split('\n')

  test('epoch and lease must be on disk before their rename', async () => {
    await rig.acquire()
    for (const name of ['epoch', 'lease']) {
      const at = order().indexOf(`sync ${name}.new`)
      expect(order()[at + 1]).toBe(`mv -f ${name}.new ${name}`)
    }
  })

  test('a release and what is pending must be, and the decision after it', async () => {
    const epoch = await rig.acquire()
    const head = `run run1 epoch ${epoch} release r2 previous r1 anchor one\nforward current r2 r1\n`
    const files = ['release.json', 'pending'].map((path) => ({
      path,
      content: Buffer.from(head),
      mode: 0o600,
    }))
    const payload = Buffer.concat([Buffer.from('{"type":"x"}\n\n'), tar(files)])
    await rig.once(['do', epoch, '1', 'none', '20', 'stage=r2', 'arm'], { payload })
    await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    await rig.once(['settle', epoch])
    const steps = order().filter((line) => /pending|decided|release|current| S$/.test(line))
    expect(steps).toEqual([
      expect.stringMatching(/^sync .*tmp-1\/(release.json|pending)/),
      'mv -f releases/r2.tmp-1 releases/r2',
      'sync releases',
      'sync pending.new',
      'mv -f pending.new pending',
      'sync S',
      'mv -f pending decided_commit',
      'sync S',
      'sync current.new',
      'mv -f current.new current',
      'sync current.new',
      'mv -f current.new current',
      'mv -f decided_commit settled_commit',
      'sync S',
    ])
  })
})

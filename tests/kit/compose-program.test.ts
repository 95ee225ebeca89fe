import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS } from './rig.ts'

describe.each(SHELLS)('compose under %s', (shell) => {
  let rig: Rig
  let epoch: string
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
  })
  afterEach(() => rig.close())

  test('must be called by itself, as docker would ask it first what it is', async () => {
    rig.dockerHas('plugin', '#!/bin/sh\necho called >>"${0%/*}/called"\nexec docker compose "$@"')
    chmodSync(join(rig.docker, 'plugin'), 0o755)
    await rig.act(`${epoch} 90 none 20`, ['up shop-r2 releases/r2/compose.json b web'])
    expect(rig.dockerSays('called')).toBe('called')
    expect(rig.dockerSays('c/shop-r2-web-1/state')).toBe('running')
    chmodSync(join(rig.docker, 'plugin'), 0o644)
    await rig.act(`${epoch} 91 none 20`, ['up shop-r3 releases/r3/compose.json b web'])
    expect(rig.dockerSays('called')).toBe('called')
    expect(rig.dockerSays('c/shop-r3-web-1/state')).toBe('running')
  })
})

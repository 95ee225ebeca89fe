import type { Json } from '../e2e/deploy/scenario.ts'

/** What is deployed, how the new replaces the old, and on how many servers. */
export interface Shape {
  readonly name: string
  /** In the page. */
  readonly title: string
  readonly servers: number
  /** What is special about the service: in the compose file, and in `belay.yaml`. */
  readonly web: Json
  readonly settings: Json
  readonly volumes: Json
}

export const OVERLAP: Shape = {
  name: 'overlap',
  title: 'one server, the new beside the old',
  servers: 1,
  web: {},
  settings: {},
  volumes: {},
}

// A socket, unlike a file, is held by nobody whom SIGKILL or a power cut has ended.
const ALONE = `
  const fs = require('node:fs'), net = require('node:net')
  const begin = () => {
    fs.rmSync('/data/lock', { force: true })
    net.createServer().listen('/data/lock', () => import('/app/server.js'))
  }
  const clash = () => {
    fs.appendFileSync('/data/clash', process.env.VERSION + ' ')
    process.exit(9)
  }
  net.connect('/data/lock').on('error', begin).on('connect', clash)`

export const HAND_OVER: Shape = {
  name: 'hand-over',
  title: 'one server, a hand-over: never two at once',
  servers: 1,
  web: { user: '0', command: ['node', '-e', ALONE], volumes: ['data:/data'] },
  settings: { rollout: 'handover' },
  volumes: { data: {} },
}

export const ROLLING: Shape = {
  name: 'rolling',
  title: 'one server, rolling: two replicas, one after the other',
  servers: 1,
  web: { deploy: { replicas: 2 } },
  settings: { rollout: 'rolling' },
  volumes: {},
}

export const FLEET: Shape = {
  name: 'fleet',
  title: 'a fleet of two servers, one after the other',
  servers: 2,
  web: {},
  settings: {},
  volumes: {},
}

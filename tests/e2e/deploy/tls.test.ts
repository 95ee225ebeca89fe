import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, failures, finished, freshLab, page, pageConfig, type Ran } from './scenario.ts'

let lab: Lab
let server: Server
let app: App

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
})
beforeEach(async () => {
  await server.clean()
  app = new App(lab).compose({ services: { web: page('one') } })
})
afterEach(() => app.remove())

const deploy = () => app.belay('deploy', '--yes', '--json')
const on = (domain: string) =>
  app.config(pageConfig('shop', {}, { routes: [{ domain, port: 8000 }] }))

/** What the check under real traffic said last. */
function lastWord(ran: Ran): string | undefined {
  const judged = ran.events.flatMap((event) =>
    event.type === 'check-judged' && event.check === 'web: GET /' ? [event.text] : [],
  )
  return judged.at(-1)
}

test("a release must be proved over HTTPS, with a certificate of the proxy's own too", async () => {
  on('shop.localhost')
  const ran = await deploy()
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
  expect(lastWord(ran)).toBe('answered 200')
})

test('one whose domain has no certificate yet must be put back, and not be blamed', async () => {
  on('shop.example.com')
  const ran = await deploy()
  expect(failures(ran)).toEqual(['PROOF_NOT_HAD'])
  expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: null })
  expect(lastWord(ran)).toBe('the proxy has no certificate for this domain yet')
  expect(failures(await app.belay('plan', '--json'))).toEqual([])
})

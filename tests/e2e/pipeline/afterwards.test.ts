import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../../lab/server.ts'
import { App, freshLab, page, pageConfig, visit } from '../deploy/scenario.ts'

/** Values from their template to the container; then what is looked at, and cleared up, later. */

let server: Server
let app: App

const STATE = '/var/lib/belay/shop/production'
const TEMPLATE = `# What the page says.
TEXT=
# Signs something.
KEY=change-me
PAGE_MODE=template-mode
`

/** The app as version `n`, deployed. */
async function deploy(n: number): Promise<void> {
  await server.sh(
    `printf 'FROM busybox:stable\\nLABEL v=${n}\\n' | docker build -q -t acme/page:v${n} -`,
  )
  const environment = { TEXT: '${TEXT}', KEY: '${KEY}', PAGE_MODE: '${PAGE_MODE}' }
  const volumes = ['./settings:/etc/settings:ro']
  app.compose({ services: { web: page('', { image: 'acme/page:v${N}', environment, volumes }) } })
  app.write('.env', `N=${n}\nKEY=secret-number-${n}\n`).write('settings', `settings ${n}\n`)
  await app.commit(`version ${n}`)
  const ran = await app.with({ TEXT: `page ${n}` }, 'deploy', '--yes')
  if (ran.code !== 0) throw new Error(`ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
}

const configure = (keep: number) => app.config(pageConfig('shop', { keep }))

beforeAll(async () => {
  const lab = await freshLab()
  server = lab.server(1)
  app = new App(lab)
  configure(3).write('.env.example', TEMPLATE).write('.gitignore', '.env\n')
  for (const n of [1, 2]) await deploy(n)
})
afterAll(() => app?.remove())

describe('values', () => {
  it('of the env file, the caller and the template reach the container', async () => {
    const values = await server.sh(
      'docker exec shop-production-r2-web-1 sh -c "echo $TEXT; env" | sort',
    )
    expect(values).toContain('KEY=secret-number-2')
    expect(values).toContain('TEXT=page 2')
    expect(values).toContain('PAGE_MODE=template-mode')
    expect(await visit(server)).toBe('200 page 2')
  })
  it('lie on the server where only who deploys may read them', async () => {
    const release = `${STATE}/releases/r2`
    expect(await server.sh(`stat -c %a ${release} ${release}/compose.json`)).toBe('700\n600')
  })
  it('that are missing are all told before anything is reached, with what they are for', async () => {
    app.write('.env', 'N=\n')
    const { code, stderr } = await app.belay('deploy', '--yes')
    expect(code).toBe(2)
    expect(stderr).toContain('Required variables have no value: TEXT, KEY (placeholder)')
    expect(stderr).toContain('.env.example:2  TEXT: What the page says.')
    const checked = await app.with({ TEXT: 'x' }, 'env', 'check')
    expect(checked.code).toBe(2)
    expect(checked.stdout).toMatch(/^TEXT +given +the caller +What the page says\.$/m)
    expect(checked.stdout).toMatch(/^PAGE_MODE +default +\.env\.example:5$/m)
  })
})

describe('compare', () => {
  it('tells what differs between two releases, and no value', async () => {
    const { code, stdout, stderr } = await app.belay('compare', 'r1', 'r2')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^r1 → r2 of shop · production, as lab1 keeps them$/m)
    expect(stdout).toMatch(/r1 +[0-9a-f]{7} version 1/)
    expect(stdout).toMatch(/git log --oneline [0-9a-f]{8}\.\.[0-9a-f]{8}/)
    expect(stdout).toMatch(/web +changed +acme\/page:v1 \([0-9a-f]{12}\) → acme\/page:v2/)
    expect(stdout).toMatch(/web +changed +KEY$/m)
    expect(stdout).toMatch(/web +changed +TEXT$/m)
    expect(stdout).not.toContain('MODE')
    expect(stdout).not.toContain('Compose\n')
    expect(stdout).toMatch(/^ {2}settings +changed$/m)
    expect(stdout).not.toContain('secret-number')
  })
  it('gives equal values equal hashes, and needs its key to make them', async () => {
    const { events } = await app.belay('compare', 'r1', '--json')
    const [answer] = events
    if (answer?.type !== 'answer') throw new Error('no answer')
    const { values } = answer.data as { values: readonly Record<string, string>[] }
    const again = (await app.belay('compare', 'r2', 'r1', '--json')).events[0]
    const turned = (again as unknown as { data: { values: readonly Record<string, string>[] } })
      .data
    expect(values.map(({ to }) => to)).toEqual(turned.values.map(({ from }) => from))
    expect(await server.sh(`stat -c %a ${STATE}/compare.key`)).toBe('600')
    expect(JSON.stringify(answer)).not.toContain('secret-number')
  })
  it('says when two are the same, and when one is not there', async () => {
    const same = await app.belay('compare', 'r2', 'r2')
    expect(same.stdout).toContain('are the same.')
    const { code, stderr } = await app.belay('compare', 'r9')
    expect(code).toBe(2)
    expect(stderr).toContain('no host has a release "r9"')
    expect(stderr).toContain('Kept are: r1, r2.')
  })
})

describe('tidy', () => {
  beforeAll(async () => {
    for (const n of [3, 4]) await deploy(n)
    configure(2)
    // An old one that something else on the server needs.
    await server.sh(`printf 'FROM busybox:stable\\nLABEL v=0\\n' | docker build -q -t acme/page:v0 -
      docker create --name theirs acme/page:v0
      touch -d '40 days ago' $(ls ${STATE}/runs/*.json | head -n 2)`)
  })
  const images = async () =>
    (await server.sh("docker image ls --format '{{.Tag}}' acme/page")).split('\n').sort()

  it('shows what can go, and removes nothing', async () => {
    const { code, stdout } = await app.belay('tidy', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^lab1: frees up to .* are free$/m)
    expect(stdout).toMatch(/^ {2}release +r2 /m)
    expect(stdout).toMatch(/^ {2}image +acme\/page:v1 /m)
    expect(stdout).not.toMatch(/acme\/page:v[034]/)
    expect(stdout).toMatch(/receipts older than 30 days +2 /)
    expect(await images()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
    expect((await app.belay('tidy')).code).toBe(3)
  })
  it('removes that, and a rollback has all that it needs', async () => {
    const { code, stdout } = await app.belay('tidy', '--yes')
    expect(stdout).toContain('Done.')
    expect(code).toBe(0)
    expect(await server.sh(`ls ${STATE}/releases`)).toBe('r3\nr4')
    const back = await app.belay('rollback', '--yes')
    expect(back.code).toBe(0)
    expect(await visit(server)).toBe('200 page 3')
  })
  it('comes to an end', async () => {
    await app.belay('tidy', '--yes')
    expect(await images()).toEqual(['v0', 'v3', 'v4'])
    const { code, stdout } = await app.belay('tidy', '--yes')
    expect([code, stdout.replace(/;.*/s, '')]).toEqual([0, 'lab1: nothing is old'])
    expect(await server.sh('docker inspect -f {{.State.Status}} theirs')).toBe('created')
  })
})

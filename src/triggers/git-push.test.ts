import { expect, it } from 'vitest'
import { gitPush } from './git-push.ts'

const settings = { environment: 'production', branch: 'main' }
const [zero, a, b] = ['0', 'a', 'b'].map((digit) => digit.repeat(40))
const read = (...lines: readonly string[]) =>
  gitPush.read({ lines: lines.map((line) => `${line}\n`).join('') }, settings)

it('deploys the branch of the environment, and nothing else', () => {
  expect(read(`${a} ${b} refs/heads/main`)).toEqual([{ kind: 'deploy', branch: 'main', commit: b }])
  expect(read(`${zero} ${b} refs/heads/main`)).toMatchObject([{ kind: 'deploy', commit: b }])
  expect(
    read(`${a} ${b} refs/heads/x/main`, `${a} ${b} refs/tags/main`, `${a} ${b} refs/notes/x`),
  ).toEqual([
    {
      kind: 'nothing',
      because: 'x/main is kept here, and not deployed: production is deployed from main',
    },
    {
      kind: 'nothing',
      because: 'the tag main is kept here, and deploys nothing: production is deployed from main',
    },
    {
      kind: 'nothing',
      because: 'refs/notes/x is kept here, and not deployed: production is deployed from main',
    },
  ])
})

it('deploys nothing when a branch is deleted', () => {
  expect(read(`${a} ${zero} refs/heads/main`)).toEqual([
    { kind: 'nothing', because: 'main is deleted here; what serves goes on serving' },
  ])
  expect(read(`${a} ${zero} refs/heads/x`)).toMatchObject([{ kind: 'nothing' }])
})

it('believes only what git says', () => {
  expect(gitPush.verify({ lines: `${a} ${b} refs/heads/main\n` }, settings).ok).toBe(true)
  expect(gitPush.verify({ lines: '' }, settings).ok).toBe(true)
  for (const lines of [
    'x',
    `${a} refs/heads/main`,
    `${a} ${b} main`,
    `${a} $(id) refs/heads/main`,
  ]) {
    expect(gitPush.verify({ lines }, settings).ok, lines).toBe(false)
  }
})

import { defineTrigger, type Wish } from './trigger.ts'

export interface PushSettings {
  readonly environment: string
  /** The one branch that is deployed. */
  readonly branch: string
}

/** What git hands to its hooks: a line `<old> <new> <ref>` for each ref that was pushed. */
export interface Push {
  readonly lines: string
}

/** A push to a bare repository on the server. Who pushes has been asked by sshd. */
export const gitPush = defineTrigger<PushSettings, Push>({
  kind: 'git-push',

  verify: ({ lines }) => {
    const odd = linesOf(lines).find((line) => !REF.test(line))
    return odd === undefined
      ? { ok: true }
      : { ok: false, reason: `this is no line of git: ${JSON.stringify(odd)}` }
  },

  read: ({ lines }, settings) => linesOf(lines).map((line) => wishOf(line, settings)),
})

const REF = /^[0-9a-f]{40,64} [0-9a-f]{40,64} refs\/\S+$/

function linesOf(lines: string): readonly string[] {
  return lines.split('\n').filter((line) => line !== '')
}

function wishOf(line: string, { environment, branch }: PushSettings): Wish {
  const [, commit = '', ref = ''] = line.split(' ')
  const isGone = /^0+$/.test(commit)
  const [, kind, name = ref] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? []
  const from = `${environment} is deployed from ${branch}`
  if (kind === 'tags') return nothing(`the tag ${name} is kept here, and deploys nothing: ${from}`)
  if (name !== branch) {
    return nothing(
      isGone
        ? `${name} is deleted here; nothing was deployed from it`
        : `${name} is kept here, and not deployed: ${from}`,
    )
  }
  if (isGone) return nothing(`${branch} is deleted here; what serves goes on serving`)
  return { kind: 'deploy', branch, commit }
}

function nothing(because: string): Wish {
  return { kind: 'nothing', because }
}

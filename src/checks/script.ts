import { resolve } from 'node:path'
import type { ScriptSettings } from '../config/checks/script.ts'
import type { CommandEnded } from '../hosts/workstation.ts'
import { aim } from './asking/aim.ts'
import { failing, shownMatch } from './asking/answer.ts'
import { quoted, textMismatch } from './asking/matching.ts'
import { urlOf } from './asking/request.ts'
import { defineFinder, fail, pass, type Subject, unknown, type Verdict } from './check.ts'

/** The user's own program on this machine; good when it exits 0. */
export const script = defineFinder<ScriptSettings>({
  kind: 'script',
  title: ({ path }) => path,
  from: () => 'here',
  needsTraffic: () => true,

  find: async (means, settings, subject) => {
    const { directory } = subject.here
    const ended = await means.runScript({
      path: resolve(directory, settings.path),
      words: settings.args,
      directory,
      environment: environmentOf(subject),
      timeoutMs: settings.timeoutMs,
    })
    return judge(ended, settings)
  },
})

/** What a program is told of what it is to look at: see the guide. */
function environmentOf(subject: Subject): Readonly<Record<string, string>> {
  const { release, here, host, service } = subject
  return {
    BELAY_URL: addressOf(subject),
    BELAY_APP: release.app,
    BELAY_ENVIRONMENT: release.environment,
    BELAY_RELEASE: release.id,
    BELAY_COMMIT: release.commit?.id ?? '',
    BELAY_SERVICE: service,
    BELAY_HOST: host,
    BELAY_ADDRESS: here.address,
  }
}

/** Without a slash at its end. */
function addressOf(subject: Subject): string {
  const wish = { path: '/', from: 'here' } as const
  const [place] = aim(wish, subject).places
  return place === undefined ? '' : urlOf(wish, subject, place).url.replace(/\/$/, '')
}

function judge({ code, isLate, lines }: CommandEnded, { path, output }: ScriptSettings): Verdict {
  const evidence = lines.slice(-10)
  if (isLate) return fail('took too long', { evidence, hint: "Raise the check's `timeout`." })
  if (code === 126 || (code === 127 && lines.length === 0)) {
    const hint = `It must be there and executable on this machine: chmod +x ${path}.`
    return unknown('could not be started', { elsewhere: true, evidence, hint })
  }
  if (code !== 0) return fail(`exited with code ${code}`, { evidence })
  const text = lines.join('\n')
  const mismatch = output && textMismatch(text, output)
  if (output === undefined || mismatch === undefined) return pass('exited with code 0')
  const said = `exited with code 0, but what it printed ${mismatch}`
  const got = quoted(lines.at(-1) ?? '')
  return failing([{ text: said, what: 'output', expected: shownMatch(output), got }], evidence)
}

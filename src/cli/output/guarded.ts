import type { Event } from '../../base/event.ts'
import type { Secrets } from '../../base/secret.ts'
import { cleanData } from './clean.ts'
import type { Reporter } from './reporter.ts'

/**
 * The one gate to all output. Texts are scrubbed here, before anything lays them out: a secret
 * that was cut at the terminal's edge could not be recognised any more. For people they are also
 * cleaned of control characters; JSON escapes those.
 */
export function guarded(
  reporter: Reporter,
  { secrets, forPeople }: { readonly secrets: Secrets; readonly forPeople: boolean },
): Reporter {
  const safe = <T>(data: T): T => {
    const scrubbed = secrets.scrubData(data)
    return forPeople ? cleanData(scrubbed) : scrubbed
  }
  return {
    // The type stays: it is a word of ours, even where a secret happens to be the same word.
    tell: (event) => reporter.tell(Object.assign({}, safe<Event>(event), { type: event.type })),
    answer: (answer) => reporter.answer({ ...answer, data: safe(answer.data) }),
    remark: (text) => reporter.remark(secrets.scrub(text)),
    aside: reporter.aside,
    close: reporter.close,
  }
}

import { consentNeeded, interruptedEarly } from './failures.ts'
import type { Reporter } from './output/reporter.ts'

export interface Question {
  readonly command: string
  /** As in "before it …": `moves traffic`. */
  readonly what: string
  readonly ask: string
  /** For what is dangerous: this very word must be typed. */
  readonly word?: string
}

export interface ConsentSettings {
  /** `--yes`. */
  readonly given: boolean
  readonly reporter: Pick<Reporter, 'aside'>
  /** Absent where no person is there to read a question and to answer it. */
  readonly prompt: Prompt | undefined
}

/** Puts questions to the person at the terminal; `undefined` when they interrupt one. */
export interface Prompt {
  readonly yesOrNo: (ask: string) => Promise<boolean | undefined>
  readonly line: (ask: string, help?: LineHelp) => Promise<string | undefined>
  readonly choose: (ask: string, options: readonly string[]) => Promise<string | undefined>
}

export interface LineHelp {
  /** Taken when only Enter is pressed. */
  readonly offered?: string
  /** What is wrong with an answer, if something is; it is then asked again. */
  readonly check?: (answer: string) => string | undefined
}

/** How to get a yes. */
export interface Consent {
  /** Fails when a question would come up that nobody can answer. */
  readonly mustBePossible: (question: Pick<Question, 'command' | 'what'>) => void
  readonly ask: (question: Question) => Promise<boolean>
}

export function consent({ given, reporter, prompt }: ConsentSettings): Consent {
  const mustBePossible: Consent['mustBePossible'] = ({ command, what }) => {
    if (!given && prompt === undefined) throw consentNeeded({ command, what })
  }
  return {
    mustBePossible,
    ask: async (question) => {
      mustBePossible(question)
      if (given || prompt === undefined) return given
      return reporter.aside(() => put(question, prompt))
    },
  }
}

async function put({ command, ask, word }: Question, prompt: Prompt): Promise<boolean> {
  const answer = await (word === undefined
    ? prompt.yesOrNo(ask)
    : prompt.line(`${ask} Type ${word} to go on`))
  if (answer === undefined) throw interruptedEarly({ command })
  return typeof answer === 'string' ? answer.trim() === word : answer
}

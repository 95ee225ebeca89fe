import { existsSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { InitFacts } from '../config/init/facts.ts'
import { type Answers, type Question, answerMistake } from '../config/init.ts'
import { openQuestions, writeConfig } from '../config/init.ts'
import { gatherInitFacts } from '../operations/init/facts.ts'
import { answersNeeded, badAnswer, configExists } from '../operations/init/failures.ts'
import { configFiles } from './machine/config-files.ts'
import type { Prompt } from './consent.ts'
import { interruptedEarly } from './failures.ts'
import type { Session } from './session.ts'

/** Asks for what is missing, writes the file, and says what to do next. */
export async function writeFirstConfig(
  session: Session,
  { compose, given }: { compose: string | undefined; given: Answers },
): Promise<string[]> {
  const { directory, globals, prompt, reporter } = session
  const path = resolve(directory, globals.config ?? 'belay.yaml')
  const file = relative(directory, path)
  if (existsSync(path)) throw configExists({ file })
  const world = await session.openWorld({ servers: false })
  const facts = await gatherInitFacts(world, { directory, compose, files: configFiles })
  const answers = await reporter.aside(() => complete(facts, { given, prompt }))
  writeFileSync(path, writeConfig(facts, answers), { flag: 'wx' })
  return [
    `${file} is written, for ${Object.keys(facts.model.services).join(', ')}.`,
    '',
    'Next:',
    '  belay check         is it right?',
    '  belay host trust    is it the right server?',
    '  belay host doctor   is the server ready?',
    '  belay plan          what would happen?',
    '  belay deploy',
  ]
}

/** Asks one question after another; where nobody is there, takes what each offers. */
async function complete(
  facts: InitFacts,
  { given, prompt }: { given: Answers; prompt: Prompt | undefined },
): Promise<Answers> {
  let answers: Answers = {}
  for (;;) {
    const open = openQuestions(facts, answers)
    const [question] = open
    if (question === undefined) return answers
    const answer = given[question.id] ?? (await ask(question, prompt))
    if (answer === undefined) throw stuck(open, { given, prompt })
    const mistake = answerMistake(question, answer)
    if (mistake !== undefined) {
      throw badAnswer({ flag: FLAGS[question.id], answer, allowed: mistake })
    }
    answers = { ...answers, [question.id]: answer }
  }
}

function ask(question: Question, prompt: Prompt | undefined): Promise<string | undefined> {
  const { text, choices } = question
  if (prompt === undefined) return Promise.resolve(question.default)
  if (choices !== undefined) return prompt.choose(text, choices)
  const offered = question.default === undefined ? {} : { offered: question.default }
  return prompt.line(text, { ...offered, check: (answer) => answerMistake(question, answer) })
}

/** Nobody answered: because nobody is there, or because they left. */
function stuck(
  open: readonly Question[],
  { given, prompt }: { given: Answers; prompt: Prompt | undefined },
): Error {
  if (prompt !== undefined) return interruptedEarly({ command: 'init' })
  const missing = open.filter(({ id, default: offered }) => {
    return offered === undefined && given[id] === undefined
  })
  return answersNeeded({ flags: missing.map(({ id }) => FLAGS[id]) })
}

const FLAGS: Readonly<Record<Question['id'], string>> = {
  app: '--name',
  hosts: '--host',
  web: '--service',
  port: '--port',
  domain: '--domain',
  health: '--health',
}

import { NAME_PATTERN } from '../base/names.ts'
import { parseHostAddress } from './hosts-address.ts'
import type { InitFacts } from './init/facts.ts'
import { appName, healthOf, portsOf, productionEnvFile, webCandidates } from './init/guess.ts'
import { configText } from './init/write.ts'
import type { InitChoices, WebChoice } from './init/write.ts'
import { asciiDomain } from './source/domain.ts'

/** Something that the compose file does not say. */
export interface Question {
  readonly id: QuestionId
  readonly text: string
  /** Taken when nobody answers; a question without one must be answered. */
  readonly default?: string
  /** The answer is one of these. */
  readonly choices?: readonly string[]
}

export type QuestionId = 'app' | 'hosts' | 'web' | 'port' | 'domain' | 'health'
export type Answers = Readonly<Partial<Record<QuestionId, string>>>

/** The answer that means that nobody calls the app. */
export const NO_WEB = 'none'

/** What is still to be asked, after these answers; the first is the next one to ask. */
export function openQuestions(facts: InitFacts, answers: Answers): readonly Question[] {
  return [...aboutApp(facts), ...aboutWeb(facts, answers)].filter(
    ({ id }) => answers[id] === undefined,
  )
}

function aboutApp(facts: InitFacts): readonly Question[] {
  const hosts: Question = {
    id: 'hosts',
    text: 'Which server? deploy@shop.example.com, or several with commas between, or local',
  }
  return appName(facts) === undefined
    ? [{ id: 'app', text: 'What is the app called? Lower-case letters, digits and -' }, hosts]
    : [hosts]
}

function aboutWeb(facts: InitFacts, answers: Answers): readonly Question[] {
  const candidates = webCandidates(facts)
  const [likeliest = NO_WEB] = candidates
  const questions: Question[] = []
  if (candidates.length !== 1) {
    const others = Object.keys(facts.model.services).filter((name) => !candidates.includes(name))
    const choices = [...candidates, NO_WEB, ...(candidates.length === 0 ? others : [])]
    const text = 'Which service do users call?'
    questions.push({ id: 'web', text, default: likeliest, choices })
  }
  const web = webOf(facts, answers)
  const service = web === undefined ? undefined : facts.model.services[web]
  if (web === undefined || service === undefined) return questions
  const ports = portsOf(service)
  if (ports.length !== 1) questions.push(aboutPort(web, ports))
  const domain = `Which domain leads to ${web}? * for any name, without HTTPS`
  questions.push({ id: 'domain', text: domain, default: '*' })
  if (healthOf(service).kind === 'none') {
    const text = `Which path of ${web} answers 200 when it is healthy? - for none`
    questions.push({ id: 'health', text, default: '-' })
  }
  return questions
}

function aboutPort(web: string, ports: readonly number[]): Question {
  const text = `On which port does ${web} listen, inside its container?`
  const [first] = ports
  if (first === undefined) return { id: 'port', text }
  return { id: 'port', text, default: String(first), choices: ports.map(String) }
}

function webOf(facts: InitFacts, answers: Answers): string | undefined {
  const chosen = answers.web ?? webCandidates(facts)[0]
  return chosen === undefined || chosen === NO_WEB ? undefined : chosen
}

/** What is wrong with an answer, or undefined when it will do. */
export function answerMistake(question: Question, answer: string): string | undefined {
  if (question.choices !== undefined && !question.choices.includes(answer)) {
    return `one of: ${question.choices.join(', ')}`
  }
  return MISTAKES[question.id](answer)
}

const MISTAKES: Readonly<Record<QuestionId, (answer: string) => string | undefined>> = {
  app: (name) => (NAME_PATTERN.test(name) ? undefined : 'lower-case letters, digits and -'),
  hosts: hostsMistake,
  web: () => undefined,
  port: (port) => (isPort(port) ? undefined : 'a whole number from 1 to 65535'),
  domain: (name) =>
    name === '*' || asciiDomain(name) !== undefined
      ? undefined
      : 'a name such as shop.example.com, or *',
  health: (path) =>
    /^(-|\/[\x21-\x7e]*)$/.test(path) ? undefined : 'a path such as /health, or -',
}

function hostsMistake(answer: string): string | undefined {
  const hosts = hostsOf(answer)
  if (hosts.length === 0) return 'at least one server is needed'
  const names = new Set<string>()
  for (const host of hosts) {
    const parsed = parseHostAddress(host)
    if (!parsed.ok) return `${host}: ${parsed.reason}`
    if (names.has(parsed.address.name)) return `${host} is there twice`
    names.add(parsed.address.name)
  }
  return undefined
}

function hostsOf(answer: string): readonly string[] {
  return answer.split(/[\s,]+/).filter((host) => host !== '')
}

function isPort(answer: string): boolean {
  return /^\d{1,5}$/.test(answer) && Number(answer) >= 1 && Number(answer) <= 65_535
}

/** The text of a new `belay.yaml`, few keys and a word about each. All questions are answered. */
export function writeConfig(facts: InitFacts, answers: Answers): string {
  const web = webOf(facts, answers)
  const envFile = productionEnvFile(facts.files)
  const choices: InitChoices = {
    app: answers.app ?? appName(facts) ?? 'app',
    hosts: hostsOf(answers.hosts ?? 'local'),
    ...(envFile !== undefined && { envFile }),
    ...(web !== undefined && { web: choiceOfWeb(facts, answers, web) }),
  }
  return configText(facts, choices)
}

function choiceOfWeb(facts: InitFacts, answers: Answers, name: string): WebChoice {
  const service = facts.model.services[name] ?? {}
  const port = Number(answers.port ?? portsOf(service)[0] ?? 80)
  const seen = healthOf(service)
  const asked = answers.health === undefined || answers.health === '-' ? undefined : answers.health
  const health =
    seen.kind === 'path'
      ? { path: seen.path, port: seen.port }
      : asked === undefined
        ? undefined
        : { path: asked, port }
  return {
    name,
    port,
    domain: answers.domain ?? '*',
    ...(health !== undefined && { health }),
  }
}

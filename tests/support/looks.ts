import type { Here, Look, Means, Question, Subject } from '../../src/checks/check.ts'
import type { ContainerSample, HttpAnswer } from '../../src/hosts/host.ts'
import type { ReleaseService } from '../../src/plan/release.ts'
import { releaseOf, serviceOf } from './releases.ts'
import { RUNNING } from './scripted-host.ts'

/** This machine, where nothing is to be asked of it. */
export const HERE: Here = {
  address: 'a.example.com',
  httpPort: 80,
  httpsPort: 443,
  directory: '/work/shop',
  ask: () => Promise.reject(new Error('nothing was to be asked from here')),
  runScript: () => Promise.reject(new Error('nothing was to be run here')),
}

/** A service of the release r2 as checks see it, asked in its slot. */
export function subjectOf(
  service: Partial<ReleaseService> = {},
  over: Partial<Subject> = {},
): Subject {
  const definition = serviceOf('r2', service)
  const release = releaseOf('r2', { services: [definition] })
  const { name, containers } = definition
  const about = { release, service: name, definition, containers, host: 'lab1', here: HERE }
  return { ...about, through: 'slot', slot: 'b', ...over }
}

/** One look at that service's only container, or at what was answered. */
export function lookAt(container: Partial<ContainerSample> = {}, over: Partial<Look> = {}): Look {
  const containers = { 'shop-r2-web-1': { ...RUNNING, ...container } }
  return { containers, commands: [], logs: [], answers: [], ...over }
}

export function lookAtAnswers(...answers: readonly HttpAnswer[]): Look {
  return lookAt({}, { answers })
}

/** Means of a check that asks for itself, of which a test says what comes back. */
export function meansOf(over: Partial<Means> = {}): Means {
  const refuse = (what: string) => () => Promise.reject(new Error(`${what} was not to be used`))
  return { ask: refuse('ask'), run: refuse('run'), runScript: refuse('runScript'), ...over }
}

/** Answers by path, or by method and path. */
export function answering(
  answers: Readonly<Record<string, HttpAnswer>>,
): Means & { readonly asked: Question[] } {
  const asked: Question[] = []
  const ask = async (question: Question): Promise<HttpAnswer> => {
    asked.push(question)
    const answer = answers[`${question.method} ${question.path}`] ?? answers[question.path]
    return answer ?? { kind: 'not-asked', why: 'refused', reason: `nobody at ${question.path}` }
  }
  return { ...meansOf({ ask }), asked }
}

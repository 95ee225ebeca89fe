import { readFileSync } from 'node:fs'
import {
  convertWorkflowTemplate,
  NoOperationTraceWriter,
  parseWorkflow,
} from '@actions/workflow-parser'
import { Ajv } from 'ajv'
import { parse } from 'yaml'

/** What GitHub's own parser, with GitHub's own schema, says against a workflow. */
export async function githubMistakes(text: string): Promise<readonly string[]> {
  const parsed = parseWorkflow({ name: 'deploy.yml', content: text }, new NoOperationTraceWriter())
  const errors = parsed.context.errors.getErrors().map(({ message }) => message)
  if (errors.length > 0 || parsed.value === undefined) return errors.length > 0 ? errors : ['empty']
  const template = await convertWorkflowTemplate(parsed.context, parsed.value)
  return (template.errors ?? []).map(({ Message }) => Message)
}

const gitlabSchema = JSON.parse(
  readFileSync(new URL('../vendor/gitlab-ci.schema.json', import.meta.url), 'utf8'),
) as object

type Job = { readonly extends?: string; readonly [key: string]: unknown }

/** What GitLab's published schema says against a pipeline. */
export function gitlabMistakes(text: string): readonly string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const validate = ajv.compile(gitlabSchema)
  if (validate(extended(parse(text) as Record<string, Job>))) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** The schema leaves hidden jobs alone: what they lend to others is judged there. */
function extended(pipeline: Readonly<Record<string, Job>>): Record<string, unknown> {
  const entries = Object.entries(pipeline).map(([name, { extends: from, ...job }]) => {
    const lent = from === undefined ? {} : pipeline[from]
    return [name, Array.isArray(pipeline[name]) ? pipeline[name] : { ...lent, ...job }]
  })
  return Object.fromEntries(entries) as Record<string, unknown>
}

/** A block of a Jenkinsfile: `stage('x') { … }`. */
interface Block {
  readonly head: string
  readonly statements: readonly string[]
  readonly blocks: readonly Block[]
}

/** What a declarative pipeline may have, and must. */
const SECTIONS: Readonly<Record<string, { may: readonly string[]; must: readonly string[] }>> = {
  pipeline: {
    may: ['agent', 'options', 'triggers', 'parameters', 'environment', 'stages', 'post'],
    must: ['agent', 'stages'],
  },
  stage: { may: ['when', 'steps', 'post'], must: ['steps'] },
  post: { may: ['always'], must: [] },
  stages: { may: ['stage'], must: ['stage'] },
  when: { may: ['expression'], must: [] },
}

/**
 * What is wrong with the structure of a declarative Jenkinsfile: brackets and texts that are not
 * closed, sections that are unknown, missing or twice. There is no published schema. What steps
 * take, which plugins there are, and the Groovy inside of `script` and `expression` are not judged.
 */
export function jenkinsMistakes(text: string): readonly string[] {
  const read = blocksIn(text)
  if (typeof read === 'string') return [read]
  const pipelines = read.blocks.filter(({ head }) => head === 'pipeline')
  if (pipelines.length !== 1) return ['there is not one pipeline']
  const strangers = read.blocks.filter(({ head }) => !/^(pipeline|def \w+\(\))$/.test(head))
  return [
    ...strangers.map(({ head }) => `${head} stands beside the pipeline`),
    ...pipelines.flatMap(sectionMistakes),
  ]
}

function sectionMistakes(block: Block): readonly string[] {
  const kind = /^\w+/.exec(block.head)?.[0] ?? ''
  const rule = SECTIONS[kind]
  if (rule === undefined) return []
  const heads = [...block.blocks.map(({ head }) => head), ...block.statements]
  const names = heads.map((head) => /^\w+/.exec(head)?.[0] ?? head)
  const twice = names.filter((name, at) => name !== 'stage' && names.indexOf(name) !== at)
  return [
    ...names.filter((name) => !rule.may.includes(name)).map((name) => `${name} in ${kind}`),
    ...rule.must.filter((name) => !names.includes(name)).map((name) => `no ${name} in ${kind}`),
    ...twice.map((name) => `${name} twice in ${kind}`),
    ...block.blocks.flatMap(sectionMistakes),
  ]
}

/** Texts are left out, so that brackets inside of them do not count. */
function blocksIn(text: string): Block | string {
  const bare = text
    .replaceAll(/'''(?:\\.|[^\\])*?'''/gs, "''")
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")
  const quote = /'''|(?<!')'(?!')|"/.exec(bare.replaceAll("''", ''))
  if (quote !== null) return 'a text is not closed'
  const open: { head: string; statements: string[]; blocks: Block[] }[] = [
    { head: '', statements: [], blocks: [] },
  ]
  const brackets: string[] = []
  let words = ''
  for (const character of bare) {
    const top = open.at(-1)!
    if ('([{'.includes(character)) brackets.push(character)
    if (
      ')]}'.includes(character) &&
      brackets.pop() !== { ')': '(', ']': '[', '}': '{' }[character]
    ) {
      return `a ${character} that closes nothing`
    }
    if (character === '{') {
      open.push({ head: words.trim(), statements: [], blocks: [] })
      words = ''
    } else if (character === '}') {
      if (words.trim() !== '') top.statements.push(words.trim())
      open.pop()
      open.at(-1)!.blocks.push(top)
      words = ''
    } else if (character === '\n' && brackets.at(-1) !== '(' && brackets.at(-1) !== '[') {
      if (words.trim() !== '') top.statements.push(words.trim())
      words = ''
    } else {
      words += character
    }
  }
  return brackets.length > 0 ? `a ${brackets.at(-1)} is not closed` : open[0]!
}

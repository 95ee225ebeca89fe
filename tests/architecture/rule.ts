import { describe, expect, it } from 'vitest'
import { readRepository, source, type Tree } from './source.ts'

/** Where a rule is broken, and how. */
export interface Finding {
  readonly path: string
  readonly line?: number
  readonly text: string
}

/** Something that holds for the whole repository. */
export interface Rule {
  /** What to do instead: shown to whoever breaks it. */
  readonly instead: string
  readonly find: (tree: Tree) => readonly Finding[]
}

export type Files = Readonly<Record<string, string>>

/** What is planted to prove that a rule is not blind, and that it is no stricter than it says. */
export interface Plants {
  readonly sees: readonly {
    readonly what: string
    readonly files: Files
    /** Which of the files must be reported; all of them when absent. */
    readonly guilty?: readonly string[]
  }[]
  readonly allows?: readonly { readonly what: string; readonly files: Files }[]
}

/** Holds the repository to a rule, and the rule to its own promise. */
export function ruleHolds(promise: string, rule: Rule, { sees, allows = [] }: Plants): void {
  describe(`rule: ${promise}`, () => {
    it('holds', () => {
      const lines = rule.find(readRepository()).map(show)
      expect(lines, `\n${lines.join('\n')}\n\n${rule.instead}\n`).toHaveLength(0)
    })
    for (const { what, files, guilty = Object.keys(files) } of sees) {
      it(`sees ${what}`, () => {
        expect(newlyBroken(rule, files)).toEqual([...guilty].sort())
      })
    }
    for (const { what, files } of allows) {
      it(`allows ${what}`, () => {
        expect(newlyBroken(rule, files)).toEqual([])
      })
    }
  })
}

/** The paths that a rule reports once some files are planted, and did not report before. */
function newlyBroken(rule: Rule, files: Files): string[] {
  const before = new Set(rule.find(readRepository()).map(show))
  const after = rule.find(plant(readRepository(), files))
  const fresh = after.filter((finding) => !before.has(show(finding)))
  return [...new Set(fresh.map(({ path }) => path))].sort()
}

export function plant(tree: Tree, files: Files): Tree {
  const kept = tree.filter(({ path }) => !(path in files))
  return [...kept, ...Object.entries(files).map(([path, text]) => source(path, text))]
}

function show(finding: Finding): string {
  const line = finding.line === undefined ? '' : `:${finding.line}`
  return `${finding.path}${line} ${finding.text}`
}

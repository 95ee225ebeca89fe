import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Mutation, MUTATIONS, mutated } from './mutations.ts'

/**
 * `npm run mutate [WORD…]`: takes each mechanism out of a copy of the repository, and runs the test
 * that must fail without it. One that passes all the same is a mechanism that no test holds.
 */
function main(words: readonly string[]): void {
  const chosen = MUTATIONS.filter(({ without }) => words.every((word) => without.includes(word)))
  const copy = mkdtempSync(join(tmpdir(), 'belay-mutate-'))
  try {
    copyInto(copy)
    const survived = chosen.filter((mutation) => !isCaught(copy, mutation))
    console.log(`${chosen.length - survived.length} caught, ${survived.length} survived`)
    process.exitCode = survived.length === 0 && chosen.length > 0 ? 0 : 1
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** What git knows or would add; installed modules by a link. */
function copyInto(copy: string): void {
  const argv = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', argv, { encoding: 'utf8' }).split('\0')
  for (const file of files.filter((name) => name !== '' && name !== 'node_modules')) {
    cpSync(file, join(copy, file), { recursive: true })
  }
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
}

/** The same test passes untouched, so that it is the mutation that makes it fail. */
function isCaught(copy: string, mutation: Mutation): boolean {
  const path = join(copy, mutation.file)
  const text = readFileSync(path, 'utf8')
  const passes = runs(copy, mutation)
  writeFileSync(path, mutated(text, mutation))
  const fails = !runs(copy, mutation)
  writeFileSync(path, text)
  const verdict = !passes ? 'its test fails already' : fails ? 'caught' : 'SURVIVED'
  console.log(`${verdict}: without ${mutation.without}`)
  return passes && fails
}

function runs(copy: string, { fails }: Mutation): boolean {
  const name = fails.name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const vitest = join(dirname(resolve('node_modules/vitest/package.json')), 'vitest.mjs')
  const argv = [vitest, 'run', '--project', 'unit', fails.file, '-t', name, '--bail', '1']
  return spawnSync(process.execPath, argv, { cwd: copy, stdio: 'ignore' }).status === 0
}

main(process.argv.slice(2))

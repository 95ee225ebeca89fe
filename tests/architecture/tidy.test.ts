import { ruleHolds, type Files } from './rule.ts'
import {
  exportsHaveNames,
  filesAreShort,
  foldersAreSmall,
  laterHasAnIssue,
  LIMITS,
  linesAreShort,
  namesAreKebabCase,
  namesSaySomething,
} from './tidy-rules.ts'

ruleHolds('a file has an end', filesAreShort, {
  sees: [
    {
      what: 'a file and a test that are one line too long',
      files: {
        'src/base/planted.ts': 'x\n'.repeat(LIMITS.lines + 1),
        'src/base/planted.test.ts': 'x\n'.repeat(LIMITS.testLines + 1),
      },
    },
  ],
  allows: [
    {
      what: 'exactly as many as the limit',
      files: {
        'src/base/planted.ts': 'x\n'.repeat(LIMITS.lines),
        'tests/planted/planted.ts': 'x\n'.repeat(LIMITS.testLines),
      },
    },
  ],
})

ruleHolds('a line fits', linesAreShort, {
  sees: [
    {
      what: 'one that does not, in TypeScript and in shell',
      files: {
        'src/base/planted.ts': `// ${'x'.repeat(LIMITS.columns)}`,
        'src/hosts/planted.sh': `# ${'x'.repeat(LIMITS.columns)}`,
      },
    },
  ],
  allows: [
    {
      what: 'as many characters, however many bytes they take',
      files: { 'src/base/planted.ts': '🧗'.repeat(LIMITS.columns) },
    },
  ],
})

/** One file more than a folder may have. */
function crowd(ending: string): Files {
  const names = Array.from({ length: LIMITS.filesInFolder + 1 }, (_, i) => `f${i}`)
  return Object.fromEntries(names.map((name) => [`src/planted/${name}${ending}`, '']))
}

ruleHolds('a folder can be taken in at a glance', foldersAreSmall, {
  sees: [{ what: 'one file too many', files: crowd('.ts'), guilty: ['src/planted'] }],
  allows: [{ what: 'tests beside them', files: crowd('.test.ts') }],
})

ruleHolds('exports have names', exportsHaveNames, {
  sees: [
    {
      what: 'both forms of a default',
      files: {
        'src/base/planted-a.ts': 'export default 1',
        'src/base/planted-b.ts': 'const a = 1\nexport { a as default }',
      },
    },
  ],
})

const later = ['TO', 'DO'].join('')

ruleHolds('what is left for later has an issue', laterHasAnIssue, {
  sees: [{ what: 'one without', files: { 'src/base/planted.ts': `// ${later}: more of it` } }],
  allows: [{ what: 'one with', files: { 'src/base/planted.ts': `// ${later} (#7): more of it` } }],
})

ruleHolds('names are in lower case with hyphens', namesAreKebabCase, {
  sees: [
    {
      what: 'those that are not',
      files: { 'src/base/plantedFile.ts': '', 'src/base/a_b.ts': '' },
    },
  ],
})

ruleHolds('names say what is inside', namesSaySomething, {
  sees: [
    {
      what: 'those that do not',
      files: { 'src/base/utils.ts': '', 'src/base/ssh-helper.ts': '' },
    },
  ],
})

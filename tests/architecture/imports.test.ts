import { expect, it } from 'vitest'
import {
  builtinsSayNode,
  everyFileHasItsFolder,
  foldersKnowEarlierOnes,
  importsName,
  importsStayInside,
  noCycles,
  noDeadFiles,
  packagesHaveOwners,
} from './import-rules.ts'
import { plant, ruleHolds } from './rule.ts'

ruleHolds('every file of src/ lies in a folder of the list', everyFileHasItsFolder, {
  sees: [
    {
      what: 'a file in an unknown folder, and one in none',
      files: { 'src/utils/planted.ts': '', 'src/planted.ts': '' },
    },
  ],
})

ruleHolds('a folder imports itself and earlier folders only', foldersKnowEarlierOnes, {
  sees: [
    {
      what: 'a later folder in every form of import',
      files: {
        'src/base/planted.ts': "import { x } from '../config/app-config.ts'",
        'src/plan/planted.ts': "import type { Host } from '../hosts/host.ts'",
        'src/rollouts/planted.ts': "export * from '../operations/world.ts'",
        'src/checks/planted.ts': "await import('../steps/step.ts')",
        'src/server/planted.ts': "import '../cli/main.ts'",
      },
    },
  ],
  allows: [
    {
      what: 'the same folder and earlier ones',
      files: { 'src/cli/planted.ts': "import '../base/exit.ts'\nimport './output/planted.ts'" },
    },
  ],
})

ruleHolds('src/ imports nothing outside of src/, and no test', importsStayInside, {
  sees: [
    {
      what: 'an import of a test, of tests/ and of the package',
      files: {
        'src/base/planted.ts': "import './failure.test.ts'",
        'src/hosts/planted.ts': "import '../../tests/simulation/simulated-host.ts'",
        'src/cli/planted.ts': "import '../../package.json'",
      },
    },
  ],
})

ruleHolds('an import names a file that exists', importsName, {
  sees: [
    {
      what: 'a computed import and one without its ending',
      files: {
        'src/base/planted.ts': 'await import(name)',
        'src/plan/planted.ts': "import { EXIT } from '../base/exit'",
      },
    },
  ],
})

ruleHolds('no file comes back to itself through its imports', noCycles, {
  sees: [
    {
      what: 'a circle of three, types included',
      files: {
        'src/base/planted-a.ts': "import type { B } from './planted-b.ts'",
        'src/base/planted-b.ts': "export * from './planted-c.ts'",
        'src/base/planted-c.ts': "import { a } from './planted-a.ts'",
      },
      guilty: ['src/base/planted-a.ts'],
    },
  ],
})

ruleHolds('every file of src/ is reached from the program', noDeadFiles, { sees: [] })

it('a file that only a test imports is dead, and so is a script that nothing imports', () => {
  const planted = {
    'src/cli/main.ts': "import '../base/used.ts'",
    'src/base/used.ts': "import '../hosts/used.sh'",
    'src/hosts/used.sh': 'true',
    'src/base/unused.ts': 'export const x = 1',
    'src/base/unused.test.ts': "import { x } from './unused.ts'",
    'src/hosts/unused.sh': 'true',
  }
  const dead = noDeadFiles.find(plant([], planted)).map(({ path }) => path)
  expect(dead).toEqual(['src/base/unused.ts', 'src/hosts/unused.sh'])
})

ruleHolds('a package is known where it belongs', packagesHaveOwners, {
  sees: [
    {
      what: 'the terminal libraries below cli/',
      files: {
        'src/operations/planted.ts': "import { Command } from 'commander'",
        'src/hosts/planted.ts': "import { spinner } from '@clack/prompts'",
      },
    },
  ],
})

ruleHolds('modules of Node are imported by their full name', builtinsSayNode, {
  sees: [{ what: 'a short one', files: { 'src/hosts/planted.ts': "import { join } from 'path'" } }],
})

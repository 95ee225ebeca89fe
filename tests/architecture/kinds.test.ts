import {
  kindsAreListed,
  kindsAreStrangers,
  listsAreNoBarrels,
  listsStandInKindFolders,
} from './kind-rules.ts'
import { ruleHolds } from './rule.ts'

/** A folder of kinds that is right: two of them, listed. It must be one that is empty as yet. */
const INDEX = "import { a } from './a.ts'\nimport { b } from './b.ts'\nexport const ALL = [a, b]"
const KIND = "import type { Store } from './store.ts'\nexport const a: Store = {}"
const GOOD = {
  'src/backups/stores/index.ts': INDEX,
  'src/backups/stores/a.ts': KIND,
  'src/backups/stores/b.ts': KIND,
}

ruleHolds('kinds do not know each other', kindsAreStrangers, {
  sees: [
    {
      what: 'a kind that imports a sibling',
      files: { ...GOOD, 'src/backups/stores/b.ts': "import { a } from './a.ts'" },
      guilty: ['src/backups/stores/b.ts'],
    },
  ],
  allows: [{ what: 'kinds that know their contract only', files: GOOD }],
})

ruleHolds('every kind stands in its list', kindsAreListed, {
  sees: [
    {
      what: 'one that was forgotten, however it is written',
      files: {
        ...GOOD,
        'src/backups/stores/c.ts': 'export const c: Store = {}',
        'src/backups/stores/d.ts': 'export const d = defineStore({})',
        'src/backups/stores/e.ts': 'export const e = {} satisfies Store',
      },
      guilty: ['src/backups/stores/c.ts', 'src/backups/stores/d.ts', 'src/backups/stores/e.ts'],
    },
  ],
  allows: [
    {
      what: 'a file beside them that is no kind',
      files: {
        ...GOOD,
        'src/backups/stores/shelf.ts': 'export const STORES: Store[] = []',
      },
    },
  ],
})

ruleHolds('an index passes nothing on', listsAreNoBarrels, {
  sees: [{ what: 'a barrel', files: { 'src/backups/stores/index.ts': "export * from './a.ts'" } }],
})

ruleHolds('an index stands in a folder of kinds', listsStandInKindFolders, {
  sees: [{ what: 'one elsewhere', files: { 'src/base/index.ts': '' } }],
})

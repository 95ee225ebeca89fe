import {
  kindsAreListed,
  kindsAreStrangers,
  listsAreNoBarrels,
  listsStandInKindFolders,
} from './kind-rules.ts'
import { ruleHolds } from './rule.ts'

/** A folder of kinds that is right: two of them, listed. */
const INDEX = "import { a } from './a.ts'\nimport { b } from './b.ts'\nexport const ALL = [a, b]"
const KIND = "import type { Notifier } from './notifier.ts'\nexport const a: Notifier = {}"
const GOOD = {
  'src/notifications/index.ts': INDEX,
  'src/notifications/a.ts': KIND,
  'src/notifications/b.ts': KIND,
}

ruleHolds('kinds do not know each other', kindsAreStrangers, {
  sees: [
    {
      what: 'a kind that imports a sibling',
      files: { ...GOOD, 'src/notifications/b.ts': "import { a } from './a.ts'" },
      guilty: ['src/notifications/b.ts'],
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
        'src/notifications/c.ts': 'export const c: Notifier = {}',
        'src/notifications/d.ts': 'export const d = defineNotifier({})',
        'src/notifications/e.ts': 'export const e = {} satisfies Notifier',
      },
      guilty: ['src/notifications/c.ts', 'src/notifications/d.ts', 'src/notifications/e.ts'],
    },
  ],
  allows: [
    {
      what: 'a file beside them that is no kind',
      files: {
        ...GOOD,
        'src/notifications/outbox.ts': 'export const NOTIFIERS: Notifier[] = []',
      },
    },
  ],
})

ruleHolds('an index passes nothing on', listsAreNoBarrels, {
  sees: [{ what: 'a barrel', files: { 'src/notifications/index.ts': "export * from './a.ts'" } }],
})

ruleHolds('an index stands in a folder of kinds', listsStandInKindFolders, {
  sees: [{ what: 'one elsewhere', files: { 'src/base/index.ts': '' } }],
})

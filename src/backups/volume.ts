import type { VolumeTarget } from '../config/pipeline/backup-target.ts'
import { defineBackup } from './backup.ts'

/** All files of a volume, with their owners. */
export const volume = defineBackup<VolumeTarget>({
  kind: 'volume',
  ending: 'tar.gz',
  proof: { kind: 'tar' },
  title: ({ volume: name }) => `the volume ${name}`,
  recipe: ({ volume: name, pause }) => ({
    how: { way: 'volume', volume: name, pause },
  }),
  restore: ({ volume: name }) => ({ how: { way: 'volume', volume: name } }),
  trial: ({ volume: name }) => ({ way: 'volume', volume: name }),
})
